package dev.kinglet.release;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.LocalDateTime;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * A release as one zip in the layout of a Maven repository: the staged artifacts with a checksum of each kind beside each.
 * What a build attaches and nobody is to have from a repository stays out: jars of tests, and the jar for Spark clusters,
 * which holds native libraries of one platform.
 */
public final class Bundle {
    private static final String ROOT = "dev/kinglet/";
    private static final Pattern PUBLISHED =
            Pattern.compile("(\\.pom|(-sources|-javadoc)?\\.jar|-cyclonedx\\.json)(\\.asc)?");

    private Bundle() {}

    /** Arguments: the staged repository, the version, the public key's file, the zip to write. */
    public static void main(String[] args) throws IOException {
        if (args.length != 4) {
            throw new IllegalArgumentException("expected STAGING VERSION KEY BUNDLE, got " + List.of(args));
        }
        Path bundle = Path.of(args[3]);
        int files = pack(Path.of(args[0]), args[1], bundle);
        List<String> problems = BundleCheck.problems(bundle, Path.of(args[2]));
        if (!problems.isEmpty()) {
            problems.forEach(System.err::println);
            System.err.printf("%s cannot be published: %d problems, see above%n", bundle, problems.size());
            System.exit(1);
        }
        System.out.printf("%s: %d files, %,d bytes, checked%n", bundle, files, Files.size(bundle));
    }

    /**
     * Writes the bundle, whole or not at all.
     *
     * @param staging a Maven repository
     * @return how many files are in the bundle
     * @throws IOException if nothing of that version is staged, or a file cannot be read or written
     */
    static int pack(Path staging, String version, Path bundle) throws IOException {
        Map<String, byte[]> files = new TreeMap<>();
        Path root = staging.resolve(ROOT);
        if (Files.isDirectory(root)) {
            try (Stream<Path> artifacts = Files.list(root)) {
                for (Path artifact : artifacts.toList()) {
                    add(files, artifact, version);
                }
            }
        }
        if (files.isEmpty()) {
            throw new IOException("nothing of version " + version + " is staged in " + root);
        }
        new TreeMap<>(files).forEach((name, content) -> {
            if (!name.endsWith(Signatures.ENDING)) {
                for (Checksum checksum : Checksum.values()) {
                    files.put(name + checksum.ending(), checksum.line(content));
                }
            }
        });
        Path written = bundle.resolveSibling(bundle.getFileName() + ".part");
        write(files, written);
        Files.move(written, bundle, StandardCopyOption.REPLACE_EXISTING);
        return files.size();
    }

    /** Files as a zip; the same files make the same zip. */
    static void write(Map<String, byte[]> files, Path zip) throws IOException {
        try (OutputStream file = Files.newOutputStream(zip);
                ZipOutputStream out = new ZipOutputStream(file)) {
            for (Map.Entry<String, byte[]> entry : new TreeMap<>(files).entrySet()) {
                ZipEntry header = new ZipEntry(entry.getKey());
                header.setTimeLocal(LocalDateTime.of(1980, 1, 1, 0, 0));
                out.putNextEntry(header);
                out.write(entry.getValue());
                out.closeEntry();
            }
        }
    }

    private static void add(Map<String, byte[]> files, Path artifact, String version) throws IOException {
        Path folder = artifact.resolve(version);
        if (!Files.isDirectory(folder)) {
            return;
        }
        String name = artifact.getFileName().toString();
        String stem = name + "-" + version;
        try (Stream<Path> staged = Files.list(folder)) {
            for (Path file : staged.toList()) {
                String fileName = file.getFileName().toString();
                if (fileName.startsWith(stem)
                        && PUBLISHED.matcher(fileName.substring(stem.length())).matches()) {
                    files.put(ROOT + name + "/" + version + "/" + fileName, Files.readAllBytes(file));
                }
            }
        }
    }
}
