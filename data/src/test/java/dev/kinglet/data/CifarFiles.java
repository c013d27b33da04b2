package dev.kinglet.data;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/** CIFAR's files with random images, in all the forms they are published in, byte by byte as their author writes them. */
class CifarFiles {
    private static final int IMAGE_BYTES = 3072;

    private final int images;

    /** @param images in each file */
    CifarFiles(int images) {
        this.images = images;
    }

    /** {@code [3, 32, 32]}. */
    byte[] planes(String stem, int index) {
        byte[] planes = new byte[IMAGE_BYTES];
        new Random(31L * stem.hashCode() + index).nextBytes(planes);
        return planes;
    }

    int label(String stem, int index, int classes) {
        return Math.floorMod(7 * stem.hashCode() + 3 * index, classes);
    }

    static List<String> names(int classes) {
        return IntStream.range(0, classes).mapToObj(i -> "class_" + i).toList();
    }

    private static List<String> stems10() {
        return List.of("data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch");
    }

    Map<String, byte[]> binary10() throws IOException {
        Map<String, byte[]> files = new LinkedHashMap<>();
        for (String stem : stems10()) {
            files.put(stem + ".bin", binary(stem, 10, false));
        }
        files.put("batches.meta.txt", utf8(String.join("\n", names(10)) + "\n\n"));
        files.put("readme.html", utf8("<html>"));
        return files;
    }

    Map<String, byte[]> binary100() throws IOException {
        Map<String, byte[]> files = new LinkedHashMap<>();
        files.put("train.bin", binary("train", 100, true));
        files.put("test.bin", binary("test", 100, true));
        files.put("fine_label_names.txt", utf8(String.join("\n", names(100)) + "\n"));
        files.put("coarse_label_names.txt", utf8("coarse\n"));
        return files;
    }

    Map<String, byte[]> python10() throws IOException {
        Map<String, byte[]> files = new LinkedHashMap<>();
        for (String stem : stems10()) {
            files.put(stem, pickle(stem, 10, "labels"));
        }
        files.put("batches.meta", pickledNames("label_names", 10));
        return files;
    }

    Map<String, byte[]> python100() throws IOException {
        Map<String, byte[]> files = new LinkedHashMap<>();
        files.put("train", pickle("train", 100, "fine_labels"));
        files.put("test", pickle("test", 100, "fine_labels"));
        files.put("meta", pickledNames("fine_label_names", 100));
        return files;
    }

    private byte[] binary(String stem, int classes, boolean coarse) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int i = 0; i < images; i++) {
            if (coarse) {
                out.write(19);
            }
            out.write(label(stem, i, classes));
            out.write(planes(stem, i));
        }
        return out.toByteArray();
    }

    /** As Python 2 wrote them: protocol 2, byte strings, an array made by {@code numpy.core.multiarray._reconstruct}. */
    private byte[] pickle(String stem, int classes, String labelsKey) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(latin1("\u0080\2}("));
        string(out, "batch_label");
        string(out, stem);
        string(out, "data");
        out.write(latin1("cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\u0085U\1b\u0087R(K\1"));
        integer(out, images);
        out.write(latin1("M\0\u000c\u0086cnumpy\ndtype\n"));
        string(out, "u1");
        out.write(latin1("K\0K\1\u0087R(K\3U\1|NNNJ\u00ff\u00ff\u00ff\u00ffJ\u00ff\u00ff\u00ff\u00ffK\0tb\u0089T"));
        littleEndian(out, images * IMAGE_BYTES);
        for (int i = 0; i < images; i++) {
            out.write(planes(stem, i));
        }
        out.write(latin1("tb"));
        string(out, labelsKey);
        out.write(latin1("]("));
        for (int i = 0; i < images; i++) {
            integer(out, label(stem, i, classes));
        }
        out.write(latin1("eu."));
        return out.toByteArray();
    }

    private static byte[] pickledNames(String key, int classes) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(latin1("\u0080\2}("));
        string(out, key);
        out.write(latin1("]("));
        for (String name : names(classes)) {
            string(out, name);
        }
        out.write(latin1("eu."));
        return out.toByteArray();
    }

    private static void string(ByteArrayOutputStream out, String text) throws IOException {
        out.write('U');
        out.write(text.length());
        out.write(latin1(text));
    }

    private static void integer(ByteArrayOutputStream out, int value) {
        out.write('J');
        littleEndian(out, value);
    }

    private static void littleEndian(ByteArrayOutputStream out, int value) {
        for (int shift = 0; shift < 32; shift += 8) {
            out.write(value >>> shift);
        }
    }

    static void write(Path folder, Map<String, byte[]> files) throws IOException {
        Files.createDirectories(folder);
        for (Map.Entry<String, byte[]> file : files.entrySet()) {
            Files.write(folder.resolve(file.getKey()), file.getValue());
        }
    }

    /** A {@code .tar.gz} with the files in a folder. */
    static Path archive(Path archive, String folder, Map<String, byte[]> files) throws IOException {
        try (OutputStream out = Files.newOutputStream(archive);
                TarArchiveOutputStream tar = new TarArchiveOutputStream(new GZIPOutputStream(out))) {
            tar.putArchiveEntry(new TarArchiveEntry(folder + "/"));
            tar.closeArchiveEntry();
            for (Map.Entry<String, byte[]> file : files.entrySet()) {
                TarArchiveEntry entry = new TarArchiveEntry(folder + "/" + file.getKey());
                entry.setSize(file.getValue().length);
                tar.putArchiveEntry(entry);
                tar.write(file.getValue());
                tar.closeArchiveEntry();
            }
        }
        return archive;
    }

    private static byte[] latin1(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
