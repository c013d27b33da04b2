package dev.kinglet.data;

import dev.kinglet.base.LabelFile;
import dev.kinglet.image.ImageException;
import dev.kinglet.image.ImageFormats;
import dev.kinglet.image.RandomStreams;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/** Writes a data source as tar shards, which {@link DataSource} reads again. */
public final class ShardWriter {
    private ShardWriter() {}

    /**
     * The result of {@link #pack}.
     *
     * @param shards files, without the one of the labels
     * @param images in them
     * @param skipped images that could not be read, and are in none
     */
    public record Packed(int shards, int images, List<SkippedImage> skipped) {}

    /**
     * Writes a data source as shards: images as they are stored, not decoded; those to train on in an order drawn from
     * the seed, the others in theirs. Everything about the files depends on the data, the size and the seed.
     *
     * @param out folder of the shards; made if it is missing
     * @param imagesEach in a shard, at most
     * @param perImage called before each image; what it throws ends the work, as an error does
     * @throws IllegalArgumentException if there are shards in {@code out} already
     * @throws IOException if a shard cannot be written; those that were begun or finished are removed
     */
    public static Packed pack(DataSource source, Path out, int imagesEach, long seed, Runnable perImage)
            throws IOException {
        if (imagesEach < 1) {
            throw new IllegalArgumentException("a shard has at least 1 image, not " + imagesEach);
        }
        Files.createDirectories(out);
        if (!ShardLayout.in(out, List.of()).isEmpty() || Files.exists(out.resolve(ShardLayout.LABELS))) {
            throw new IllegalArgumentException(
                    out + " has shards or a " + ShardLayout.LABELS + " already; name another folder");
        }
        Writer writer = new Writer(out, imagesEach, perImage);
        try {
            if (source.hasTrain()) {
                StoredDataset train = source.storedTrain();
                String split = source.hasValidation() ? "train" : DataOptions.ALL;
                writer.write(split, train, RandomStreams.order(seed, 0, train.size()));
            }
            if (source.hasValidation()) {
                StoredDataset validation = source.storedValidation();
                writer.write(
                        "val", validation, IntStream.range(0, validation.size()).toArray());
            }
            LabelFile.write(out.resolve(ShardLayout.LABELS), source.labels());
        } catch (IOException | RuntimeException e) {
            writer.removeAll();
            throw e;
        }
        return new Packed(writer.written.size(), writer.images, List.copyOf(writer.skipped));
    }

    /** Fills shards one after another. */
    private static final class Writer {
        private final Path folder;
        private final int imagesEach;
        private final Runnable perImage;
        private final List<Path> written = new ArrayList<>();
        private final List<SkippedImage> skipped = new ArrayList<>();
        private int images;

        Writer(Path folder, int imagesEach, Runnable perImage) {
            this.folder = folder;
            this.imagesEach = imagesEach;
            this.perImage = perImage;
        }

        void write(String split, StoredDataset data, int[] order) throws IOException {
            int position = 0;
            for (int shard = 0; position < order.length; shard++) {
                Path file = folder.resolve(String.format(Locale.ROOT, "%s-%06d%s", split, shard, ShardLayout.ENDING));
                Path unfinished = folder.resolve("." + file.getFileName() + ".part");
                written.add(unfinished);
                try (OutputStream raw = new BufferedOutputStream(Files.newOutputStream(unfinished), 1 << 16);
                        TarArchiveOutputStream tar = new TarArchiveOutputStream(raw, StandardCharsets.UTF_8.name())) {
                    int count = 0;
                    while (position < order.length && count < imagesEach) {
                        perImage.run();
                        String key = String.format(Locale.ROOT, "%09d", position);
                        count += put(tar, key, data, order[position]) ? 1 : 0;
                        position++;
                    }
                    images += count;
                }
                Files.move(unfinished, file);
                written.set(written.size() - 1, file);
            }
        }

        private boolean put(TarArchiveOutputStream tar, String key, StoredDataset data, int index) throws IOException {
            byte[] encoded;
            String ending;
            try {
                encoded = data.encoded(index);
                ending = ImageFormats.ending(encoded);
            } catch (ImageException e) {
                skipped.add(new SkippedImage(data.name(index), String.valueOf(e.getMessage())));
                return false;
            }
            put(tar, key + "." + ending, encoded);
            put(tar, key + ".cls", Integer.toString(data.label(index)).getBytes(StandardCharsets.US_ASCII));
            return true;
        }

        private static void put(TarArchiveOutputStream tar, String name, byte[] content) throws IOException {
            TarArchiveEntry entry = new TarArchiveEntry(name);
            entry.setSize(content.length);
            entry.setModTime(0); // so that the same images make the same file
            tar.putArchiveEntry(entry);
            tar.write(content);
            tar.closeArchiveEntry();
        }

        void removeAll() throws IOException {
            for (Path file : written) {
                Files.deleteIfExists(file);
            }
        }
    }
}
