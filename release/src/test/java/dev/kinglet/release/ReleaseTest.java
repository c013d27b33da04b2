package dev.kinglet.release;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kinglet.onnx.OnnxFile;
import dev.kinglet.onnx.samples.SampleModels;
import java.awt.image.BufferedImage;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.bouncycastle.openpgp.PGPException;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A release as docs/releasing.md makes it, from copies of the checkout with a throwaway key, and what is done with it afterwards.
 * Slow: each build takes minutes. {@code -Dkinglet.release.work=FOLDER} keeps builds, and takes those that are there.
 */
@Tag("slow")
class ReleaseTest {
    private static final String VERSION = "0.1.0";
    private static final String DATE = "2026-02-03";
    private static final int MAX_LINES = 15;

    @TempDir
    private static Path temporary;

    private static Path work;
    private static ThrowawayKey key;
    private static Path publicKey;

    @TempDir
    private Path folder;

    @BeforeAll
    static void makeKey() throws IOException, PGPException {
        String kept = System.getProperty("kinglet.release.work", "");
        work = kept.isEmpty() ? temporary : Files.createDirectories(Path.of(kept));
        key = new ThrowawayKey();
        publicKey = key.writePublic(work.resolve("key-" + Long.toHexString(new SecureRandom().nextLong()) + ".asc"));
    }

    static Stream<Damage> damages() throws PGPException {
        return Damage.all(new ThrowawayKey()).stream();
    }

    static Stream<String> consumers() throws IOException {
        try (Stream<Path> folders = Files.list(consumersFolder())) {
            return folders.map(consumer -> consumer.getFileName().toString()).sorted().toList().stream();
        }
    }

    /** The build checks its bundle; here, every kind of damage to it is found. The kept bundle is signed again by this test's key. */
    @Test
    void each_damage_to_the_bundle_is_found() throws Exception {
        Map<String, byte[]> files = BundleCheck.read(bundle("first"));
        files.replaceAll((name, content) -> name.endsWith(Signatures.ENDING)
                ? key.sign(requireNonNull(files.get(name.substring(0, name.length() - 4)), name))
                : content);
        Path signed = folder.resolve("signed.zip");
        Bundle.write(files, signed);
        assertThat(BundleCheck.problems(signed, publicKey)).isEmpty();
        for (Damage damage : damages().toList()) {
            damage.isFound(files, VERSION, key, publicKey, folder);
        }
    }

    @Test
    void two_builds_in_different_folders_make_the_same_files() throws Exception {
        Map<String, String> first = digests(bundle("first"));
        Map<String, String> second = digests(bundle("second/deeper"));
        assertThat(first.keySet()).anyMatch(name -> name.endsWith("-javadoc.jar"));
        assertThat(second).isEqualTo(first);
        for (String ending : List.of(".tar.gz", ".zip")) {
            assertThat(archive("second/deeper", ending)).hasSameBinaryContentAs(archive("first", ending));
        }
    }

    @Test
    void the_programs_archive_runs_where_it_is_unpacked() throws Exception {
        Path archive = archive("first", ".tar.gz");
        Checkout.run(folder, Map.of(), "tar", "-xzf", archive.toString()).succeeded();
        Path program = folder.resolve("kinglet-" + VERSION);
        Set<String> unpacked = new TreeSet<>();
        try (Stream<Path> files = Files.walk(program)) {
            files.filter(Files::isRegularFile)
                    .map(file -> folder.relativize(file).toString())
                    .forEach(unpacked::add);
        }
        assertThat(BundleCheck.read(archive("first", ".zip")).keySet()).isEqualTo(unpacked);
        assertThat(program)
                .isDirectoryContaining("glob:**/LICENSE")
                .isDirectoryContaining("glob:**/README.md")
                .isDirectoryContaining("glob:**/licenses");
        assertThat(program.resolve("licenses/THIRD-PARTY.txt"))
                .content()
                .contains("(EPL-2.0)", "org.bytedeco:pytorch", "com.microsoft.onnxruntime:onnxruntime")
                .doesNotContain("${");
        assertThat(unpacked.stream().filter(name -> name.contains("/native/")))
                .as("ONNX Runtime's native libraries, of one platform")
                .isNotEmpty()
                .allMatch(name -> name.contains("/lib/native/ai/onnxruntime/native/" + platformOfOnnxRuntime()));

        assertThat(kinglet(program, "--version")).contains(VERSION);
        String predicted = kinglet(program, "predict", model().toString(), photo().toString());
        assertThat(predicted).containsPattern("class \\d+");
    }

    private String kinglet(Path program, String... arguments) throws IOException, InterruptedException {
        List<String> command =
                new ArrayList<>(List.of(program.resolve("bin/kinglet").toString()));
        command.addAll(List.of(arguments));
        return Checkout.run(folder, Map.of(), command.toArray(String[]::new)).succeeded();
    }

    private static String platformOfOnnxRuntime() {
        boolean mac = System.getProperty("os.name").startsWith("Mac");
        return mac ? "osx-aarch64" : "linux-x64";
    }

    private Path model() throws IOException {
        Path model = folder.resolve("model.onnx");
        OnnxFile.of(SampleModels.withRandomState(SampleModels.everyOp(), 1)).write(model);
        return model;
    }

    private Path photo() throws IOException {
        Path photo = folder.resolve("photo.png");
        ImageIO.write(new BufferedImage(64, 48, BufferedImage.TYPE_INT_RGB), "png", photo.toFile());
        return photo;
    }

    private static Path archive(String build, String ending) throws IOException, InterruptedException {
        Path target = bundle(build).resolve("../../../cli/target").normalize();
        try (Stream<Path> files = Files.list(target)) {
            List<Path> archives = files.filter(
                            file -> file.getFileName().toString().matches("kinglet-.*-\\w+" + ending))
                    .toList();
            assertThat(archives).hasSize(1);
            return archives.get(0);
        }
    }

    @Test
    void a_build_that_lacks_what_a_release_needs_says_what() throws Exception {
        Checkout checkout = Checkout.copy(folder.resolve("checkout"));
        assertThat(checkout.maven(Map.of(), "-Prelease,dist", "-N", "validate").failed())
                .contains("A release has no SNAPSHOT version, and this is " + Reactor.version())
                .contains("A published POM names the project's home: give -Dkinglet.home=https://...")
                .contains("A published POM names the repository of its sources: give -Dkinglet.scm=https://...")
                .contains("A published POM names its developers: give -Dkinglet.developer.name=...")
                .contains("A published POM says how its developers are reached: give -Dkinglet.developer.email=...")
                .contains("The bundle's signatures are verified with the public key: give -Dkinglet.key=FILE")
                .contains("The API is compared with no other");
        assertThat(checkout.maven(Map.of(), release("-N", "validate")).failed())
                .contains("A release has no SNAPSHOT version")
                .doesNotContain("A published POM");
        checkout.prepare(VERSION, DATE)
                .maven(Map.of(), release("-N", "validate"))
                .succeeded();
        assertThat(checkout.maven(Map.of(), "-N", "validate").succeeded()).doesNotContain("kinglet.home");
    }

    @ParameterizedTest
    @MethodSource("consumers")
    void a_program_outside_the_checkout_compiles_and_runs(String consumer) throws Exception {
        Path source = consumersFolder().resolve(consumer);
        Path repository = repository(bundle("first"));
        Path model = model();
        Path photo = photo();
        Path main = main(source);
        assertThat(code(main)).as("lines besides imports").hasSizeLessThanOrEqualTo(MAX_LINES);
        String type = main.getFileName().toString().replace(".java", "");
        for (Path jdk : jdks()) {
            Path project = copy(source, folder.resolve("project" + jdk.getFileName()));
            Map<String, String> environment = Map.of("JAVA_HOME", jdk.toString());
            Checkout.maven(
                            project,
                            environment,
                            "-q",
                            "-Dmaven.repo.local=" + repository,
                            "-Dkinglet.version=" + VERSION,
                            "compile",
                            "org.apache.maven.plugins:maven-dependency-plugin:3.9.0:build-classpath",
                            "-Dmdep.outputFile=classpath.txt",
                            "-Dmdep.includeScope=runtime")
                    .succeeded();
            String classPath =
                    "target/classes" + File.pathSeparator + Files.readString(project.resolve("classpath.txt"));
            Path empty = Files.createDirectory(project.resolve("empty"));
            String said = Checkout.run(
                            project,
                            Map.of(),
                            jdk.resolve("bin/java").toString(),
                            "-cp",
                            classPath,
                            type,
                            model.toString(),
                            photo.toString(),
                            empty.toString())
                    .succeeded();
            assertThat(said)
                    .as(consumer + " on " + jdk)
                    .containsPattern(
                            Files.readString(source.resolve("expected.txt")).strip());
        }
    }

    /** A change that breaks the API is refused unless that is allowed, and one that adds to it is not. */
    @Test
    void the_api_is_compared_with_the_last_release() throws Exception {
        Path repository = repository(bundle("first"));
        String compared = "-Dkinglet.last.release=" + VERSION;
        Path file = Path.of("network/src/main/java/dev/kinglet/network/Preprocessing.java");
        Checkout checkout =
                Checkout.copy(folder.resolve("checkout")).prepare(VERSION, DATE).prepare("0.1.1-SNAPSHOT", DATE);
        String[] verify = {
            "-DskipTests",
            "-pl",
            "network",
            "-am",
            "-Dmaven.repo.local=" + repository,
            "-Dspotless.check.skip",
            compared,
            "verify"
        };
        checkout.maven(Map.of(), verify).succeeded();

        Path changed = checkout.folder().resolve(file);
        String source = Files.readString(changed);
        int end = source.lastIndexOf('}');
        Files.writeString(
                changed, source.substring(0, end) + "\n    public int brandNew() {\n        return 1;\n    }\n}\n");
        checkout.maven(Map.of(), verify).succeeded();

        Files.writeString(changed, source.replace("public int resizedSide()", "int resizedSide()"));
        assertThat(checkout.maven(Map.of(), verify).failed())
                .contains("kinglet-network")
                .contains("japicmp");

        List<String> allowed = new ArrayList<>(List.of(verify));
        allowed.add("-Dkinglet.api.fail=false");
        checkout.maven(Map.of(), allowed.toArray(String[]::new)).succeeded();
    }

    /** The bundle of a build in that folder, built unless it is there. */
    private static Path bundle(String name) throws IOException, InterruptedException {
        Path checkout = work.resolve(name);
        Path bundle = checkout.resolve("release/target/kinglet-" + VERSION + "-bundle.zip");
        if (!Files.exists(bundle)) {
            Files.createDirectories(checkout.getParent());
            String said = Checkout.copy(checkout)
                    .prepare(VERSION, DATE)
                    .maven(
                            Map.of("MAVEN_GPG_KEY", key.secret(), "MAVEN_GPG_PASSPHRASE", ThrowawayKey.PASSPHRASE),
                            release("-DskipTests", "-Dkinglet.site.phase=none", "-pl", "release", "-am", "verify"))
                    .succeeded();
            assertThat(said).contains("The API is compared with no other").contains("-bundle.zip: ");
        }
        return bundle;
    }

    private static String[] release(String... more) {
        List<String> arguments = new ArrayList<>(List.of(
                "-Prelease,dist",
                "-Dkinglet.home=https://kinglet.example.com",
                "-Dkinglet.scm=https://kinglet.example.com/kinglet.git",
                "-Dkinglet.developer.name=A developer",
                "-Dkinglet.developer.email=developer@example.com",
                "-Dkinglet.key=" + publicKey));
        arguments.addAll(List.of(more));
        return arguments.toArray(String[]::new);
    }

    /** By file, what is not different in every build: signatures are, and their time is. */
    private static Map<String, String> digests(Path bundle) throws IOException {
        Map<String, String> digests = new TreeMap<>();
        BundleCheck.read(bundle).forEach((name, content) -> {
            if (name.endsWith(".sha256")) {
                digests.put(name, new String(content, StandardCharsets.US_ASCII));
            }
        });
        return digests;
    }

    /**
     * A local repository whose artifacts of Kinglet are the bundle's, and no others. Those of other projects are what Maven has
     * fetched before, or, with {@code -Dkinglet.release.fetch}, nothing: then Maven fetches all of them.
     */
    private static Path repository(Path bundle) throws IOException {
        Path repository = work.resolve("repository");
        if (Files.exists(repository)) {
            return repository;
        }
        if (System.getProperty("kinglet.release.fetch") == null) {
            Path fetched = Path.of(System.getProperty("user.home"), ".m2", "repository");
            link(fetched, repository, "dev");
            link(fetched.resolve("dev"), repository.resolve("dev"), "kinglet");
        }
        BundleCheck.read(bundle).forEach((name, content) -> {
            try {
                Path file = repository.resolve(name);
                Files.createDirectories(file.getParent());
                Files.write(file, content);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        return repository;
    }

    private static void link(Path from, Path to, String leftOut) throws IOException {
        Files.createDirectories(to);
        try (Stream<Path> groups = Files.list(from)) {
            for (Path group : groups.filter(path -> !path.endsWith(leftOut)).toList()) {
                Files.createSymbolicLink(to.resolve(group.getFileName()), group);
            }
        }
    }

    /** The JDK that runs this, and those of {@code KINGLET_JDKS}, folders separated as a class path's. */
    private static List<Path> jdks() {
        List<Path> jdks = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"))));
        String others = System.getenv().getOrDefault("KINGLET_JDKS", "");
        Stream.of(others.split(File.pathSeparator))
                .filter(name -> !name.isEmpty())
                .map(Path::of)
                .forEach(jdks::add);
        return jdks;
    }

    private static Path consumersFolder() {
        return Reactor.ROOT.resolve("release/src/consumers");
    }

    private static Path main(Path consumer) throws IOException {
        try (Stream<Path> sources = Files.walk(consumer.resolve("src/main/java"))) {
            List<Path> java =
                    sources.filter(file -> file.toString().endsWith(".java")).toList();
            assertThat(java).as("one source file, in the default package").hasSize(1);
            return java.get(0);
        }
    }

    private static List<String> code(Path source) throws IOException {
        return Files.readAllLines(source).stream()
                .filter(line -> !line.isBlank() && !line.startsWith("import "))
                .toList();
    }

    private static Path copy(Path from, Path to) throws IOException {
        try (Stream<Path> all = Files.walk(from)) {
            for (Path file : all.toList()) {
                Path copied = to.resolve(from.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(copied);
                } else {
                    Files.copy(file, copied);
                }
            }
        }
        return to;
    }
}
