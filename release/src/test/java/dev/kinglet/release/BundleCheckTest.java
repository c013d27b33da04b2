package dev.kinglet.release;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.bouncycastle.openpgp.PGPException;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The check reads a bundle of module {@code base}, its parent and a BOM, and finds every kind of damage to it. */
class BundleCheckTest {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final String VERSION = "1.2.3";
    private static final Path BASE = ROOT.resolve("base");

    @TempDir
    private static Path shared;

    private static Map<String, byte[]> bundle = Map.of();
    private static ThrowawayKey key;
    private static ThrowawayKey stranger;
    private static Path publicKey;

    @TempDir
    private Path folder;

    @BeforeAll
    static void build() throws IOException, PGPException {
        key = new ThrowawayKey();
        stranger = new ThrowawayKey();
        publicKey = key.writePublic(shared.resolve("key.asc"));
        Path staging = shared.resolve("staging");
        stage(staging, "kinglet-parent", ".pom", parent());
        stage(staging, "kinglet-bom", ".pom", bom());
        stage(staging, "kinglet-base", ".pom", pom(BASE.resolve("pom.xml")));
        stage(staging, "kinglet-base", ".jar", zip(BASE.resolve("target/classes")));
        stage(staging, "kinglet-base", "-sources.jar", zip(BASE.resolve("src/main/java")));
        stage(staging, "kinglet-base", "-javadoc.jar", zip(javadoc()));
        stage(staging, "kinglet-base", "-cyclonedx.json", bill());
        stage(staging, "kinglet-base", "-tests.jar", new byte[] {1}); // is attached, and stays out
        Files.writeString(staging.resolve("dev/kinglet/kinglet-base/maven-metadata.xml"), "");
        Path packed = shared.resolve("bundle.zip");
        assertThat(Bundle.pack(staging, VERSION, packed)).isEqualTo(7 * 6);
        bundle = BundleCheck.read(packed);
    }

    static Stream<Damage> damages() throws PGPException {
        return Damage.all(stranger).stream();
    }

    @Test
    void a_bundle_that_is_right_has_no_problem() throws IOException {
        assertThat(BundleCheck.problems(shared.resolve("bundle.zip"), publicKey))
                .isEmpty();
    }

    @ParameterizedTest
    @MethodSource("damages")
    void each_damage_is_found_and_named(Damage damage) throws IOException {
        damage.isFound(bundle, VERSION, key, publicKey, folder);
    }

    @Test
    void the_same_staged_files_make_the_same_bundle() throws IOException {
        Path again = folder.resolve("again.zip");
        Bundle.pack(shared.resolve("staging"), VERSION, again);
        assertThat(again).hasSameBinaryContentAs(shared.resolve("bundle.zip"));
    }

    @Test
    void nothing_staged_is_an_error_and_leaves_no_bundle() {
        assertThatThrownBy(() -> Bundle.pack(shared.resolve("staging"), "9.9.9", folder.resolve("none.zip")))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("nothing of version 9.9.9 is staged in ");
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void a_snapshot_is_no_release() throws IOException {
        Map<String, byte[]> files = new TreeMap<>();
        bundle.forEach((name, content) -> files.put(name.replace(VERSION, "1.2.3-SNAPSHOT"), content));
        Path snapshot = folder.resolve("snapshot.zip");
        Bundle.write(files, snapshot);
        assertThat(BundleCheck.problems(snapshot, publicKey))
                .contains("the bundle is of 1.2.3-SNAPSHOT, which is no release");
    }

    private static void stage(Path staging, String artifact, String ending, byte[] content) throws IOException {
        Path file =
                staging.resolve("dev/kinglet/%s/%s/%s-%s%s".formatted(artifact, VERSION, artifact, VERSION, ending));
        Files.createDirectories(file.getParent());
        Files.write(file, content);
        Files.write(file.resolveSibling(file.getFileName() + ".asc"), key.sign(content));
    }

    private static byte[] pom(Path file) throws IOException {
        String current = Pom.read(Files.readAllBytes(ROOT.resolve("pom.xml"))).own("version");
        return Files.readString(file)
                .replace(">" + current + "<", ">" + VERSION + "<")
                .getBytes(StandardCharsets.UTF_8);
    }

    /** Without the modules that are not in this bundle, and with the values a release gives. */
    private static byte[] parent() throws IOException {
        return new String(pom(ROOT.resolve("pom.xml")), StandardCharsets.UTF_8)
                .replaceAll("(?m)^.*<artifactId>kinglet-(?!base|parent).*\\R", "")
                .replace("${kinglet.home}", "https://kinglet.example.com")
                .replace("${kinglet.scm}", "https://kinglet.example.com/kinglet.git")
                .replace("${kinglet.developer.name}", "A developer")
                .replace("${kinglet.developer.email}", "developer@example.com")
                .getBytes(StandardCharsets.UTF_8);
    }

    /** The BOM as the build flattens it, of this one module. */
    private static byte[] bom() throws IOException {
        return new String(pom(ROOT.resolve("bom/target/.flattened-pom.xml")), StandardCharsets.UTF_8)
                .replaceAll(
                        "(?s)<dependency>\\s*<groupId>dev.kinglet</groupId>\\s*<artifactId>kinglet-(?!base).*?</dependency>\\s*",
                        "")
                .replace("${kinglet.home}", "https://kinglet.example.com")
                .replace("${kinglet.scm}", "https://kinglet.example.com/kinglet.git")
                .replace("${kinglet.developer.name}", "A developer")
                .replace("${kinglet.developer.email}", "developer@example.com")
                .getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] bill() {
        return "{\"bomFormat\":\"CycloneDX\",\"metadata\":{\"component\":{\"purl\":\"pkg:maven/dev.kinglet/kinglet-base@%s?type=jar\"}}}"
                .formatted(VERSION)
                .getBytes(StandardCharsets.UTF_8);
    }

    private static Path javadoc() throws IOException {
        Path pages = shared.resolve("javadoc");
        List<String> arguments = new ArrayList<>(List.of(
                "-quiet", "-notimestamp", "-Xdoclint:none", "-d", pages.toString(), "-sourcepath", shared.toString()));
        arguments.add("-classpath");
        arguments.add(System.getProperty("java.class.path"));
        try (Stream<Path> sources = Files.walk(BASE.resolve("src/main/java"))) {
            sources.map(Path::toString)
                    .filter(name -> name.endsWith(".java") && !name.endsWith("module-info.java"))
                    .forEach(arguments::add);
        }
        StringWriter said = new StringWriter();
        PrintWriter out = new PrintWriter(said);
        int status = ToolProvider.findFirst("javadoc").orElseThrow().run(out, out, arguments.toArray(String[]::new));
        assertThat(status).as(said.toString()).isZero();
        return pages;
    }

    private static byte[] zip(Path folder) throws IOException {
        ByteArrayOutputStream written = new ByteArrayOutputStream();
        try (ZipOutputStream out = new ZipOutputStream(written);
                Stream<Path> all = Files.walk(folder)) {
            for (Path file : all.filter(Files::isRegularFile).sorted().toList()) {
                out.putNextEntry(new ZipEntry(folder.relativize(file).toString().replace('\\', '/')));
                out.write(Files.readAllBytes(file));
            }
        }
        return written.toByteArray();
    }
}
