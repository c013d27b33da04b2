package dev.kinglet.data;

import dev.kinglet.base.IoReason;
import dev.kinglet.data.archive.ArchiveException;
import dev.kinglet.data.archive.ArchiveLimits;
import dev.kinglet.data.archive.TarEntries;
import dev.kinglet.image.Image;
import dev.kinglet.image.ImageDecoder;
import dev.kinglet.image.ImageException;
import dev.kinglet.image.ImageFormats;
import dev.kinglet.image.RandomStreams;
import dev.kinglet.image.RgbImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Images in tar shards as WebDataset writes them: {@code key.jpg} beside {@code key.cls}, the class's number as text;
 * files with other endings are ignored. The archive's headers are read once; an image is then read at its offset.
 *
 * <p>An epoch reads shard after shard, in a random order of shards, and shuffles images in a buffer, so that reading stays
 * nearly sequential. The order depends on seed and epoch only.
 */
final class ShardDataset implements StoredDataset.Numbered, StoredDataset.Splittable {
    private static final int BUFFER = 5000; // images among which the next is drawn
    private static final int MAX_LABEL_BYTES = 32;

    /** @param offset of the image's first byte in its shard */
    private record Sample(int shard, String name, long offset, int bytes, int label) {}

    private final List<Path> shards;
    private final ImageDecoder decoder;
    private final List<String> labels;
    private final List<Sample> samples;

    private ShardDataset(List<Path> shards, ImageDecoder decoder, List<String> labels, List<Sample> samples) {
        this.shards = shards;
        this.decoder = decoder;
        this.labels = labels;
        this.samples = samples;
    }

    /**
     * Reads the headers and the labels.
     *
     * @param labels class names by index; empty if they are not known yet
     * @throws DatasetException if a shard is damaged, compressed or refused, or an image has no label or one outside the
     *     classes
     */
    static ShardDataset read(List<Path> shards, List<String> labels, ImageDecoder decoder, ArchiveLimits limits)
            throws IOException {
        List<Sample> samples = new ArrayList<>();
        for (int shard = 0; shard < shards.size(); shard++) {
            Path file = shards.get(shard);
            try (TarEntries tar = new TarEntries(Files.newInputStream(file), limits)) {
                new Scan(shard, Files.size(file), labels.size(), samples).read(tar);
            } catch (DatasetException | ArchiveException e) {
                throw new DatasetException(file + ": " + e.getMessage(), e);
            } catch (IOException e) {
                throw new DatasetException(file + " is not a whole .tar archive: " + e.getMessage(), e);
            }
        }
        if (samples.isEmpty()) {
            throw new DatasetException(shards.get(0) + (shards.size() > 1 ? " and the shards beside it have" : " has")
                    + " no images; key.jpg and key.cls are expected");
        }
        return new ShardDataset(List.copyOf(shards), decoder, labels, samples);
    }

    /** Reads one shard: consecutive files with the same key make a sample. */
    private static final class Scan {
        private final int shard;
        private final long fileBytes;
        private final int classes;
        private final List<Sample> samples;
        private String key = "";
        private TarEntries.@Nullable Entry image;
        private int label = -1;

        Scan(int shard, long fileBytes, int classes, List<Sample> samples) {
            this.shard = shard;
            this.fileBytes = fileBytes;
            this.classes = classes;
            this.samples = samples;
        }

        void read(TarEntries tar) throws IOException {
            for (TarEntries.Entry entry = tar.next(); entry != null; entry = tar.next()) {
                if (entry.offset() + entry.bytes() > fileBytes) {
                    throw new IOException("truncated: '" + entry.name() + "' ends at byte "
                            + (entry.offset() + entry.bytes()) + " of " + fileBytes);
                }
                int dot = entry.name().indexOf('.', entry.name().lastIndexOf('/') + 1);
                String stem = dot < 0 ? entry.name() : entry.name().substring(0, dot);
                String ending = dot < 0 ? "" : entry.name().substring(dot + 1).toLowerCase(Locale.ROOT);
                if (!stem.equals(key)) {
                    end();
                    key = stem;
                }
                if (ending.equals("cls")) {
                    label = label(entry, tar);
                } else if (ImageFormats.isEnding(ending)) {
                    if (image != null) {
                        throw new DatasetException("'" + key + "' has two images, " + image.name() + " and "
                                + entry.name() + "; one is expected");
                    }
                    image = entry;
                }
            }
            end();
        }

        private int label(TarEntries.Entry entry, TarEntries tar) throws IOException {
            String text = entry.bytes() > MAX_LABEL_BYTES
                    ? entry.bytes() + " bytes"
                    : "'" + new String(tar.content(), StandardCharsets.UTF_8).strip() + "'";
            if (!text.matches("'\\d{1,6}'")) {
                throw new DatasetException(entry.name() + " has " + text.replaceAll("\\p{Cntrl}", "?")
                        + "; the number of a class is expected");
            }
            int number = Integer.parseInt(text.substring(1, text.length() - 1));
            if (classes > 0 && number >= classes) {
                throw new DatasetException(entry.name() + ": the label " + number + " is outside the " + classes
                        + " classes, 0 to " + (classes - 1));
            }
            return number;
        }

        /** Ends a sample, which is complete when another key begins. */
        private void end() throws DatasetException {
            if (image != null && label >= 0) {
                samples.add(new Sample(shard, image.name(), image.offset(), (int) image.bytes(), label));
            } else if (image != null) {
                throw new DatasetException(
                        "'" + image.name() + "' has no label beside it; " + key + ".cls is expected");
            } else if (label >= 0) {
                throw new DatasetException(
                        "'" + key + ".cls' has no image beside it; the files of a key follow each other,"
                                + " as tar --sort=name has them");
            }
            image = null;
            label = -1;
        }
    }

    @Override
    public int classes() {
        return 1 + samples.stream().mapToInt(Sample::label).max().orElse(0);
    }

    @Override
    public ShardDataset withLabels(List<String> names) {
        return new ShardDataset(shards, decoder, names, samples);
    }

    @Override
    public ShardDataset where(Position wanted) {
        int[] counts = new int[labels.size()];
        samples.forEach(sample -> counts[sample.label()]++);
        int[] positions = new int[labels.size()];
        List<Sample> kept = samples.stream()
                .filter(sample -> wanted.isWanted(positions[sample.label()]++, counts[sample.label()]))
                .toList();
        return new ShardDataset(shards, decoder, labels, kept);
    }

    @Override
    public List<String> labels() {
        return labels;
    }

    @Override
    public int size() {
        return samples.size();
    }

    @Override
    public int label(int index) {
        return samples.get(index).label();
    }

    @Override
    public String name(int index) {
        Sample sample = samples.get(index);
        return shards.get(sample.shard()).getFileName() + "/" + sample.name();
    }

    @Override
    public long bytes(int index) {
        return samples.get(index).bytes();
    }

    @Override
    public byte[] encoded(int index) throws ImageException {
        Sample sample = samples.get(index);
        ByteBuffer bytes = ByteBuffer.allocate(sample.bytes());
        try (SeekableByteChannel shard = Files.newByteChannel(shards.get(sample.shard()))) {
            shard.position(sample.offset());
            while (bytes.hasRemaining()) {
                if (shard.read(bytes) < 0) {
                    throw new ImageException(name(index) + ": the shard has become shorter since it was opened");
                }
            }
        } catch (ImageException e) {
            throw e;
        } catch (IOException e) {
            throw new ImageException("could not read " + name(index) + ": " + IoReason.of(e), e);
        }
        return bytes.array();
    }

    @Override
    public RgbImage image(int index) throws ImageException {
        return open(index).image();
    }

    @Override
    public Image open(int index) throws ImageException {
        return decoder.open(encoded(index), name(index));
    }

    @Override
    public int[] shuffled(long seed, int epoch) {
        int[] first = new int[shards.size() + 1]; // of each shard
        for (Sample sample : samples) {
            first[sample.shard() + 1]++;
        }
        for (int shard = 0; shard < shards.size(); shard++) {
            first[shard + 1] += first[shard];
        }
        RandomGenerator random = RandomStreams.ofOrder(seed, epoch);
        int[] order = new int[samples.size()];
        int[] buffer = new int[Math.min(BUFFER, order.length)];
        int held = 0;
        int done = 0;
        for (int shard : RandomStreams.permutation(shards.size(), random)) {
            for (int index = first[shard]; index < first[shard + 1]; index++) {
                if (held < buffer.length) {
                    buffer[held++] = index;
                } else {
                    int at = random.nextInt(held);
                    order[done++] = buffer[at];
                    buffer[at] = index;
                }
            }
        }
        for (int at : RandomStreams.permutation(held, random)) {
            order[done++] = buffer[at];
        }
        return order;
    }
}
