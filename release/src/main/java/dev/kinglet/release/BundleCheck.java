package dev.kinglet.release;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Enumeration;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipInputStream;

/**
 * A bundle as Maven Central's portal reads it: every artifact with its POM and what a POM must say, every jar with sources,
 * documentation and software bill of materials, all of them with signatures that verify and checksums that agree, released
 * versions only, and no other file. Whether the libraries of others are on Central is what a project shows that compiles
 * against the bundle.
 */
final class BundleCheck {
    private static final Pattern LAYOUT = Pattern.compile("(dev/kinglet)/([^/]+)/([^/]+)/([^/]+)");
    private static final String GROUP = "dev.kinglet";
    private static final String BOM = "kinglet-bom";
    private static final int JAVA_17 = 61;

    /** What a POM says itself, and what it may have from its parent. */
    private static final List<String> OWN = List.of("name", "description");

    private static final List<String> INHERITED = List.of(
            "url",
            "licenses/license/name",
            "licenses/license/url",
            "developers/developer/name",
            "developers/developer/email",
            "scm/connection",
            "scm/developerConnection",
            "scm/url");

    private final Map<String, byte[]> files;
    private final Signatures signatures;
    private final Set<String> problems = new LinkedHashSet<>();
    private final Set<String> expected = new TreeSet<>();
    /** By artifact. */
    private final Map<String, Pom> poms = new TreeMap<>();
    /** By artifact, its folder and version. */
    private final Map<String, Coordinates> artifacts = new TreeMap<>();

    private record Coordinates(String artifact, String version) {
        String file(String ending) {
            return "dev/kinglet/" + artifact + "/" + version + "/" + artifact + "-" + version + ending;
        }
    }

    private BundleCheck(Map<String, byte[]> files, Signatures signatures) {
        this.files = files;
        this.signatures = signatures;
    }

    /**
     * What is wrong with a bundle.
     *
     * @param publicKeys the keys that signatures may be of
     * @return one sentence for each problem, naming the file; empty if it can be published
     * @throws IOException if the bundle is no zip or the keys cannot be read
     */
    static List<String> problems(Path bundle, Path publicKeys) throws IOException {
        BundleCheck check = new BundleCheck(read(bundle), new Signatures(publicKeys));
        check.layout();
        check.poms();
        for (Coordinates artifact : check.artifacts.values()) {
            check.artifact(artifact);
        }
        check.bom();
        check.strangers();
        return List.copyOf(check.problems);
    }

    /** All files of a zip by name. */
    static Map<String, byte[]> read(Path zip) throws IOException {
        Map<String, byte[]> files = new TreeMap<>();
        try (ZipFile in = new ZipFile(zip.toFile())) {
            for (Enumeration<? extends ZipEntry> entries = in.entries(); entries.hasMoreElements(); ) {
                ZipEntry entry = entries.nextElement();
                if (!entry.isDirectory()) {
                    files.put(entry.getName(), in.getInputStream(entry).readAllBytes());
                }
            }
        }
        return files;
    }

    private void layout() {
        Set<String> versions = new TreeSet<>();
        for (String name : files.keySet()) {
            Matcher place = LAYOUT.matcher(name);
            if (place.matches()) {
                artifacts.put(place.group(2), new Coordinates(place.group(2), place.group(3)));
                versions.add(place.group(3));
            }
        }
        if (versions.size() > 1) {
            problems.add("the bundle has several versions: " + String.join(", ", versions));
        }
        for (String version : versions) {
            if (version.endsWith("-SNAPSHOT")) {
                problems.add("the bundle is of " + version + ", which is no release");
            }
        }
    }

    private void poms() {
        for (Coordinates artifact : artifacts.values()) {
            byte[] content = files.get(artifact.file(".pom"));
            if (content != null) {
                try {
                    poms.put(artifact.artifact(), Pom.read(content));
                } catch (IOException e) {
                    problems.add(artifact.file(".pom") + " cannot be read: " + e.getMessage());
                }
            }
        }
        poms.replaceAll((artifact, pom) -> pom.withParent(pom.parentReference()
                .filter(parent -> parent.groupId().equals(GROUP))
                .map(parent -> poms.get(parent.artifactId()))
                .orElse(null)));
    }

    private void artifact(Coordinates artifact) {
        String pomFile = artifact.file(".pom");
        signed(pomFile);
        Pom pom = poms.get(artifact.artifact());
        if (pom != null) {
            says(artifact, pom, pomFile);
            references(artifact, pom, pomFile);
        }
        if (pom != null && !pom.packaging().equals("jar")) {
            if (files.containsKey(artifact.file("-cyclonedx.json"))) {
                signed(artifact.file("-cyclonedx.json"));
            }
            return;
        }
        signed(artifact.file(".jar"));
        signed(artifact.file("-sources.jar"));
        signed(artifact.file("-javadoc.jar"));
        signed(artifact.file("-cyclonedx.json"));
        classes(artifact.file(".jar"));
        contains(artifact.file("-javadoc.jar"), "index.html", "the documentation's first page");
        bill(artifact);
    }

    /** A file that must be there, with signature and checksums. */
    private void signed(String name) {
        expected.add(name);
        byte[] content = files.get(name);
        if (content == null) {
            problems.add(name + " is missing");
        }
        String signature = name + Signatures.ENDING;
        expected.add(signature);
        byte[] signed = files.get(signature);
        if (signed == null) {
            problems.add(signature + " is missing: each file is signed");
        } else if (content != null) {
            signatures.problem(content, signed).ifPresent(problem -> problems.add(signature + " " + problem));
        }
        for (Checksum checksum : Checksum.values()) {
            String sum = name + checksum.ending();
            expected.add(sum);
            byte[] line = files.get(sum);
            if (line == null) {
                problems.add(sum + " is missing");
            } else if (content != null && !Arrays.equals(line, checksum.line(content))) {
                problems.add(sum + " is not the checksum of " + name);
            }
        }
    }

    private void says(Coordinates artifact, Pom pom, String file) {
        if (!pom.own("artifactId").equals(artifact.artifact())
                || !version(pom).equals(artifact.version())
                || !group(pom).equals(GROUP)) {
            problems.add("%s is of %s:%s:%s, which belongs elsewhere"
                    .formatted(file, group(pom), pom.own("artifactId"), version(pom)));
        }
        for (String path : OWN) {
            demand(file, path, pom.own(path));
        }
        for (String path : INHERITED) {
            demand(file, path, pom.inherited(path));
        }
        for (String forbidden : List.of("repositories", "pluginRepositories", "distributionManagement")) {
            if (pom.has(forbidden)) {
                problems.add(file + " has " + forbidden + ": what a published POM needs is on Central");
            }
        }
    }

    private void demand(String file, String path, String value) {
        if (value.isEmpty()) {
            problems.add(file + " has no " + path);
        } else if (value.contains("${")) {
            problems.add(file + " has " + value + " as " + path + ": the property has no value");
        }
    }

    private void references(Coordinates artifact, Pom pom, String file) {
        for (Pom.Reference reference : pom.references()) {
            if (reference.version().endsWith("-SNAPSHOT")) {
                problems.add(file + " names " + reference + ", which is no release");
            }
            if (reference.version().matches("[\\[(].*|LATEST|RELEASE")) {
                problems.add(file + " names " + reference + ", which is no single version");
            }
            boolean ours =
                    reference.groupId().equals(GROUP) && !reference.scope().equals("test");
            if (ours && !poms.containsKey(reference.artifactId())) {
                problems.add(file + " names " + reference + ", which is not in the bundle");
            }
            if (ours && !List.of("", artifact.version()).contains(reference.version())) {
                problems.add(file + " names " + reference + ", and the bundle is of " + artifact.version());
            }
            if (reference.scope().equals("system")) {
                problems.add(file + " names " + reference + " as a file of a machine (scope system)");
            }
        }
        for (Pom.Reference dependency : pom.dependencies()) {
            String version = dependency.version().isEmpty() ? pom.managedVersion(dependency) : dependency.version();
            if (version.contains("${") || (version.isEmpty() && !pom.importsAnother())) {
                problems.add(file + " depends on " + dependency + ", and its version is nowhere");
            }
        }
    }

    /** A jar's own files: classes that Java 17 runs, below our packages, and what Java knows of under META-INF. */
    private void classes(String jar) {
        Map<String, byte[]> entries = entries(jar);
        for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
            String name = entry.getKey();
            byte[] content = entry.getValue();
            boolean ours = name.startsWith("dev/kinglet/")
                    || name.startsWith("META-INF/")
                    || name.equals("module-info.class")
                    || name.equals("open_inference.proto");
            if (!ours) {
                problems.add(jar + " has " + name + ", which does not belong in it");
            }
            if (name.endsWith(".class") && content.length > 7) {
                int version = ((content[6] & 0xff) << 8) | (content[7] & 0xff);
                if (version > JAVA_17) {
                    problems.add("%s has %s for Java %d, and Java 17 is promised".formatted(jar, name, version - 44));
                }
            }
        }
    }

    private void contains(String jar, String entry, String what) {
        if (files.containsKey(jar) && !entries(jar).containsKey(entry)) {
            problems.add(jar + " has no " + entry + ", " + what);
        }
    }

    private Map<String, byte[]> entries(String jar) {
        byte[] content = files.get(jar);
        if (content == null) {
            return Map.of();
        }
        Map<String, byte[]> entries = new HashMap<>();
        try (ZipInputStream in = new ZipInputStream(new ByteArrayInputStream(content))) {
            for (ZipEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
                if (!entry.isDirectory()) {
                    entries.put(entry.getName(), in.readAllBytes());
                }
            }
        } catch (IOException e) {
            problems.add(jar + " is no jar: " + e.getMessage());
            return entries;
        }
        if (entries.isEmpty()) {
            problems.add(jar + " is an empty jar, or none");
        }
        return entries;
    }

    /** The software bill of materials names its artifact. */
    private void bill(Coordinates artifact) {
        String name = artifact.file("-cyclonedx.json");
        byte[] content = files.get(name);
        String url = "pkg:maven/" + GROUP + "/" + artifact.artifact() + "@" + artifact.version();
        if (content != null) {
            String text = new String(content, StandardCharsets.UTF_8);
            if (!text.contains("\"bomFormat\"") || !text.contains(url)) {
                problems.add(name + " is no CycloneDX bill of materials of " + url);
            }
        }
    }

    /** The bill of materials that applications import names every jar, and nothing else. */
    private void bom() {
        Pom bom = poms.get(BOM);
        if (bom == null) {
            problems.add("the bundle has no " + BOM);
            return;
        }
        Set<String> named = new TreeSet<>();
        bom.references().forEach(reference -> named.add(reference.artifactId()));
        for (Map.Entry<String, Pom> entry : poms.entrySet()) {
            boolean jar = entry.getValue().packaging().equals("jar");
            if (jar && !named.remove(entry.getKey())) {
                problems.add(BOM + " does not name " + entry.getKey());
            }
        }
        for (String absent : named) {
            problems.add(BOM + " names " + absent + ", which is not in the bundle");
        }
        Optional<Pom.Reference> parent = bom.parentReference();
        parent.ifPresent(reference ->
                problems.add(BOM + " has the parent " + reference + ", whose versions applications would get"));
    }

    private void strangers() {
        for (String name : files.keySet()) {
            if (!expected.contains(name)) {
                problems.add(name + " should not be in the bundle");
            }
        }
    }

    private static String version(Pom pom) {
        String own = pom.own("version");
        return own.isEmpty() ? pom.parentReference().map(Pom.Reference::version).orElse("") : own;
    }

    private static String group(Pom pom) {
        String own = pom.own("groupId");
        return own.isEmpty() ? pom.parentReference().map(Pom.Reference::groupId).orElse("") : own;
    }
}
