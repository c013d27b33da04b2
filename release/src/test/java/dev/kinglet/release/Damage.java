package dev.kinglet.release;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;

/**
 * One thing that is wrong with a bundle which is right otherwise, and what the check has to say of it.
 *
 * @param subject what every problem found must be about
 * @param expected one of the problems, word by word, after the folder {@code dev/kinglet/.../}
 */
record Damage(String name, Change change, String subject, String expected) {
    interface Change {
        void on(Files files);
    }

    /** The files of a bundle, to be changed: those of {@code kinglet-base}, its parent and the BOM. */
    static final class Files {
        private final Map<String, byte[]> all;
        private final String version;
        private final ThrowawayKey key;

        Files(Map<String, byte[]> all, String version, ThrowawayKey key) {
            this.all = new TreeMap<>(all);
            this.version = version;
            this.key = key;
        }

        private String path(String artifact, String ending) {
            return "dev/kinglet/%s/%s/%s-%s%s".formatted(artifact, version, artifact, version, ending);
        }

        byte[] get(String artifact, String ending) {
            return requireNonNull(all.get(path(artifact, ending)), path(artifact, ending));
        }

        void remove(String artifact, String ending) {
            assertThat(all.remove(path(artifact, ending)))
                    .as(path(artifact, ending))
                    .isNotNull();
        }

        void removeAll(String artifact) {
            assertThat(all.keySet().removeIf(name -> name.startsWith("dev/kinglet/" + artifact + "/")))
                    .isTrue();
        }

        void put(String artifact, String ending, byte[] content) {
            all.put(path(artifact, ending), content);
        }

        /** Puts a file with a good signature and good checksums. */
        void publish(String artifact, String ending, byte[] content) {
            put(artifact, ending, content);
            put(artifact, ending + ".asc", key.sign(content));
            sum(artifact, ending);
        }

        void sum(String artifact, String ending) {
            for (Checksum checksum : Checksum.values()) {
                put(artifact, ending + checksum.ending(), checksum.line(get(artifact, ending)));
            }
        }

        void edit(String artifact, String pattern, String replacement) {
            String pom = new String(get(artifact, ".pom"), StandardCharsets.UTF_8);
            String edited = pom.replaceFirst(pattern, replacement);
            assertThat(edited).as(pattern).isNotEqualTo(pom);
            publish(artifact, ".pom", edited.getBytes(StandardCharsets.UTF_8));
        }
    }

    private static final String BASE = "kinglet-base";
    private static final String PARENT = "kinglet-parent";
    private static final String BOM = "kinglet-bom";
    private static final List<String> KINDS =
            List.of(".pom", ".jar", "-sources.jar", "-javadoc.jar", "-cyclonedx.json");

    /** What the check has to say of this damage to that bundle, and of nothing else. */
    void isFound(Map<String, byte[]> bundle, String version, ThrowawayKey key, Path publicKey, Path folder)
            throws IOException {
        Files files = new Files(bundle, version, key);
        change.on(files);
        Path damaged = folder.resolve("damaged.zip");
        Bundle.write(files.all, damaged);

        List<String> problems = BundleCheck.problems(damaged, publicKey);

        String wanted = expected.replace("VERSION", version);
        assertThat(problems).as(name).anySatisfy(problem -> assertThat(problem).endsWith(wanted));
        assertThat(problems)
                .as(name)
                .allSatisfy(problem -> assertThat(problem).contains(subject.replace("VERSION", version)));
    }

    static List<Damage> all(ThrowawayKey stranger) {
        List<Damage> all = new ArrayList<>();
        for (String kind : KINDS) {
            all.add(new Damage(
                    "without " + kind,
                    files -> files.remove(BASE, kind),
                    BASE,
                    "/kinglet-base-VERSION" + kind + " is missing"));
            all.add(new Damage(
                    "without the signature of " + kind,
                    files -> files.remove(BASE, kind + ".asc"),
                    "kinglet-base-VERSION" + kind + ".asc",
                    "/kinglet-base-VERSION" + kind + ".asc is missing: each file is signed"));
            for (Checksum checksum : Checksum.values()) {
                all.add(new Damage(
                        "without " + checksum + " of " + kind,
                        files -> files.remove(BASE, kind + checksum.ending()),
                        "kinglet-base-VERSION" + kind + checksum.ending(),
                        "/kinglet-base-VERSION" + kind + checksum.ending() + " is missing"));
            }
            all.add(new Damage(
                    "another " + kind + " than the one that was signed",
                    files -> {
                        files.put(BASE, kind, padded(files.get(BASE, kind)));
                        files.sum(BASE, kind);
                    },
                    "kinglet-base-VERSION" + kind,
                    "/kinglet-base-VERSION" + kind + ".asc is not the signature of this file"));
        }
        all.add(new Damage(
                "without the parent's POM",
                files -> files.removeAll(PARENT),
                ".pom",
                "-VERSION.pom names dev.kinglet:kinglet-parent:VERSION, which is not in the bundle"));
        all.add(new Damage("without the BOM", files -> files.removeAll(BOM), BOM, "the bundle has no kinglet-bom"));
        all.add(new Damage(
                "a bit flipped in a jar",
                files -> files.put(BASE, ".jar", flipped(files.get(BASE, ".jar"))),
                "kinglet-base-VERSION.jar",
                ".jar.sha256 is not the checksum of dev/kinglet/kinglet-base/VERSION/kinglet-base-VERSION.jar"));
        all.add(new Damage(
                "a bit flipped in a signature",
                files -> files.put(BASE, ".jar.asc", flippedInside(files.get(BASE, ".jar.asc"))),
                "kinglet-base-VERSION.jar.asc is",
                ""));
        all.add(new Damage(
                "a bit flipped in a checksum",
                files -> files.put(BASE, ".jar.sha1", flipped(files.get(BASE, ".jar.sha1"))),
                "kinglet-base-VERSION.jar.sha1",
                ".jar.sha1 is not the checksum of dev/kinglet/kinglet-base/VERSION/kinglet-base-VERSION.jar"));
        all.add(new Damage(
                "signed by a stranger",
                files -> files.put(BASE, ".jar.asc", stranger.sign(files.get(BASE, ".jar"))),
                "kinglet-base-VERSION.jar.asc is signed by another key",
                ""));
        all.add(new Damage(
                "a signature of another file",
                files -> files.put(BASE, ".jar.asc", files.get(BASE, ".pom.asc")),
                "kinglet-base-VERSION.jar.asc",
                ".jar.asc is not the signature of this file"));
        all.add(new Damage(
                "a jar of tests",
                files -> files.put(BASE, "-tests.jar", files.get(BASE, ".jar")),
                "kinglet-base-VERSION-tests.jar",
                "-tests.jar should not be in the bundle"));
        all.add(new Damage(
                "metadata of a repository",
                files -> files.all.put("dev/kinglet/kinglet-base/maven-metadata.xml", new byte[] {'x'}),
                "maven-metadata.xml",
                "maven-metadata.xml should not be in the bundle"));
        poms(all);
        jars(all);
        return all;
    }

    private static void poms(List<Damage> all) {
        for (String element : List.of("name", "description")) {
            all.add(new Damage(
                    "a POM without " + element,
                    files -> files.edit(BASE, "<" + element + ">[^<]*</" + element + ">", ""),
                    "kinglet-base-VERSION.pom",
                    "/kinglet-base-VERSION.pom has no " + element));
        }
        for (String element : List.of("url", "licenses", "developers", "scm")) {
            String path = switch (element) {
                case "licenses" -> "licenses/license/name";
                case "developers" -> "developers/developer/email";
                case "scm" -> "scm/connection";
                default -> "url";
            };
            all.add(new Damage(
                    "a parent without " + element,
                    files -> files.edit(PARENT, "(?s)\n  <" + element + "[ >].*?\n?[ ]*</" + element + ">", ""),
                    ".pom has no " + element,
                    "/kinglet-parent-VERSION.pom has no " + path));
        }
        all.add(new Damage(
                "a property without a value",
                files -> files.edit(
                        PARENT, "<url>[^<]*</url>\n|<url child[^>]*>[^<]*</url>", "<url>\\${kinglet.home}</url>"),
                ".pom has ${kinglet.home} as url",
                "/kinglet-parent-VERSION.pom has ${kinglet.home} as url: the property has no value"));
        all.add(new Damage(
                "a dependency that is a snapshot",
                files -> files.edit(BASE, "</description>", "</description>" + dependency("org.example", "1-SNAPSHOT")),
                "kinglet-base-VERSION.pom",
                "names org.example:other:1-SNAPSHOT, which is no release"));
        all.add(new Damage(
                "a dependency of a range of versions",
                files -> files.edit(BASE, "</description>", "</description>" + dependency("org.example", "[1,2)")),
                "kinglet-base-VERSION.pom",
                "names org.example:other:[1,2), which is no single version"));
        all.add(new Damage(
                "a dependency of ours that is not published",
                files -> files.edit(BASE, "</description>", "</description>" + dependency("dev.kinglet", "")),
                "kinglet-base-VERSION.pom",
                "names dev.kinglet:other, which is not in the bundle"));
        all.add(new Damage(
                "a POM that names repositories",
                files -> files.edit(BASE, "</description>", "</description><repositories/>"),
                "kinglet-base-VERSION.pom",
                "has repositories: what a published POM needs is on Central"));
        all.add(new Damage(
                "a POM of another artifact",
                files -> files.edit(BASE, "<artifactId>kinglet-base<", "<artifactId>kinglet-other<"),
                "kinglet-base-VERSION.pom",
                "is of dev.kinglet:kinglet-other:VERSION, which belongs elsewhere"));
        all.add(new Damage(
                "a BOM that does not name a module",
                files -> files.edit(
                        BOM,
                        "(?s)<dependency>\\s*<groupId>dev.kinglet</groupId>\\s*<artifactId>kinglet-base<.*?</dependency>",
                        ""),
                BOM,
                "kinglet-bom does not name kinglet-base"));
        all.add(new Damage(
                "a POM that is no XML",
                files -> files.edit(BASE, "</project>", ""),
                "kinglet-base",
                "XML document structures must start and end within the same entity."));
    }

    private static void jars(List<Damage> all) {
        all.add(new Damage(
                "a class for a newer Java",
                files -> files.publish(BASE, ".jar", jar(files.get(BASE, ".jar"), content -> {
                    content[7] = 65;
                    return content;
                })),
                "kinglet-base-VERSION.jar has",
                "for Java 21, and Java 17 is promised"));
        all.add(new Damage(
                "a file beside our packages",
                files -> files.publish(BASE, ".jar", withFile(files.get(BASE, ".jar"), "settings.xml")),
                "kinglet-base-VERSION.jar",
                ".jar has settings.xml, which does not belong in it"));
        all.add(new Damage(
                "documentation without pages",
                files -> files.publish(BASE, "-javadoc.jar", files.get(BASE, "-sources.jar")),
                "kinglet-base-VERSION-javadoc.jar",
                "-javadoc.jar has no index.html, the documentation's first page"));
        all.add(new Damage(
                "a bill of materials of something else",
                files -> files.publish(BASE, "-cyclonedx.json", "{}".getBytes(StandardCharsets.UTF_8)),
                "kinglet-base-VERSION-cyclonedx.json",
                "is no CycloneDX bill of materials of pkg:maven/dev.kinglet/kinglet-base@VERSION"));
    }

    private static String dependency(String groupId, String version) {
        return "<dependencies><dependency><groupId>" + groupId + "</groupId><artifactId>other</artifactId>"
                + (version.isEmpty() ? "" : "<version>" + version + "</version>") + "</dependency></dependencies>";
    }

    /** With a line feed after it, which neither a zip nor an XML file minds. */
    private static byte[] padded(byte[] content) {
        byte[] longer = Arrays.copyOf(content, content.length + 1);
        longer[content.length] = '\n';
        return longer;
    }

    private static byte[] flipped(byte[] content) {
        byte[] damaged = content.clone();
        damaged[damaged.length / 2] ^= 1;
        return damaged;
    }

    /** A flipped bit in the middle of the armor's text that is still a letter of it. */
    private static byte[] flippedInside(byte[] armored) {
        byte[] damaged = armored.clone();
        int at = damaged.length / 2;
        while (!Character.isLetter(damaged[at])) {
            at++;
        }
        damaged[at] = (byte) (damaged[at] == 'A' ? 'B' : 'A');
        return damaged;
    }

    private static byte[] withFile(byte[] jar, String name) {
        return rewritten(jar, UnaryOperator.identity(), name);
    }

    /** A jar whose first class of a package is changed. */
    private static byte[] jar(byte[] jar, UnaryOperator<byte[]> change) {
        return rewritten(jar, change, "");
    }

    private static byte[] rewritten(byte[] jar, UnaryOperator<byte[]> change, String added) {
        ByteArrayOutputStream written = new ByteArrayOutputStream();
        try (ZipInputStream in = new ZipInputStream(new ByteArrayInputStream(jar));
                ZipOutputStream out = new ZipOutputStream(written)) {
            boolean changed = false;
            for (ZipEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
                byte[] content = in.readAllBytes();
                if (!changed && entry.getName().endsWith("KingletVersion.class")) {
                    content = change.apply(content);
                    changed = true;
                }
                out.putNextEntry(new ZipEntry(entry.getName()));
                out.write(content);
            }
            if (!added.isEmpty()) {
                out.putNextEntry(new ZipEntry(added));
                out.write('x');
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return written.toByteArray();
    }

    @Override
    public String toString() {
        return name;
    }
}
