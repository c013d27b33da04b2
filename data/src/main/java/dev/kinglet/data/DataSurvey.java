package dev.kinglet.data;

import dev.kinglet.image.ImageException;
import dev.kinglet.image.RgbImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.IntSummaryStatistics;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Counts, sizes, errors and duplicates of a data source, every image decoded.
 *
 * @param classes in their order
 * @param bytes of all images, as they are stored
 * @param width in pixels, of the readable ones; empty if there are none
 * @param height in pixels
 * @param unreadable images, which training skips
 * @param duplicates groups of images with the same pixels
 * @param trainPixels mean and deviation of the readable images to train on; empty if there are none
 */
public record DataSurvey(
        List<ClassCount> classes,
        long bytes,
        Optional<Range> width,
        Optional<Range> height,
        List<SkippedImage> unreadable,
        List<Duplicates> duplicates,
        Optional<PixelStatistics> trainPixels) {
    private static final long DISK_BLOCK = 4096;

    /** Numbers of training and validation images of a class. */
    public record ClassCount(String label, int train, int validation) {}

    /** Minimum, median and maximum. */
    public record Range(int min, int median, int max) {
        static Optional<Range> of(int[] values) {
            int[] sorted =
                    Arrays.stream(values).filter(value -> value > 0).sorted().toArray();
            return sorted.length == 0
                    ? Optional.empty()
                    : Optional.of(new Range(sorted[0], sorted[sorted.length / 2], sorted[sorted.length - 1]));
        }

        @Override
        public String toString() {
            return min + " to " + max + " pixels, median " + median;
        }
    }

    /**
     * Mean and standard deviation of each channel over all pixels of all images as they are decoded, so that a large image
     * counts for more than a small one; on the scale 0 to 1, red, green and blue.
     */
    public record PixelStatistics(List<Double> mean, List<Double> std) {}

    /**
     * Images with the same pixels.
     *
     * @param acrossSplits whether some are in the training and some in the validation split, which raises the measured accuracy
     * @param acrossClasses whether their labels differ
     */
    public record Duplicates(List<String> names, boolean acrossSplits, boolean acrossClasses) {
        @Override
        public String toString() {
            return String.join(" = ", names)
                    + (acrossSplits ? ", in both splits" : "")
                    + (acrossClasses ? ", of different classes" : "");
        }
    }

    /**
     * Validation images that are training images too, byte for byte.
     *
     * @param found one pair for each validation image, in their order
     * @param bytes of the images that had to be read; a file counts as one block of a disk at least
     * @param isComplete false if these were too many, and nothing was read
     */
    public record Leaks(List<Leak> found, long bytes, boolean isComplete) {
        public Leaks {
            found = List.copyOf(found);
        }
    }

    /** A validation image and the first training image that is the same. */
    public record Leak(String validation, String training) {
        @Override
        public String toString() {
            return validation + " = " + training;
        }
    }

    /**
     * Finds validation images whose bytes are those of a training image; of CIFAR's files, whose pixels are. Only images of a
     * size that occurs in both splits are read, and none is decoded. An image that cannot be read is left out.
     *
     * @param mostBytes to read; if more are to be read, nothing is
     * @param perImage called by several threads after each image; an exception from it ends the search
     */
    public static Leaks leaks(DataSource source, long mostBytes, Runnable perImage) {
        StoredDataset train = source.storedTrain();
        StoredDataset validation = source.storedValidation();
        Set<Long> sizes = sizes(validation);
        sizes.retainAll(sizes(train));
        int[] validating = ofSizes(validation, sizes);
        int[] training = ofSizes(train, sizes);
        long bytes = blocks(validation, validating) + blocks(train, training);
        if (bytes > mostBytes) {
            return new Leaks(List.of(), bytes, false);
        }
        Map<ByteBuffer, Integer> first = new ConcurrentHashMap<>(); // training image by digest
        Arrays.stream(training).parallel().forEach(i -> {
            digest(train, i).ifPresent(digest -> first.merge(digest, i, Math::min));
            perImage.run();
        });
        List<Leak> found = Arrays.stream(validating)
                .parallel()
                .mapToObj(i -> {
                    Optional<Leak> leak = digest(validation, i)
                            .flatMap(digest -> Optional.ofNullable(first.get(digest)))
                            .map(same -> new Leak(validation.name(i), train.name(same)));
                    perImage.run();
                    return leak;
                })
                .flatMap(Optional::stream)
                .toList();
        return new Leaks(found, bytes, true);
    }

    private static Set<Long> sizes(StoredDataset images) {
        return IntStream.range(0, images.size()).mapToObj(images::bytes).collect(Collectors.toCollection(HashSet::new));
    }

    private static int[] ofSizes(StoredDataset images, Set<Long> sizes) {
        return IntStream.range(0, images.size())
                .filter(i -> sizes.contains(images.bytes(i)))
                .toArray();
    }

    private static long blocks(StoredDataset images, int[] indices) {
        return Arrays.stream(indices)
                .mapToLong(i -> Math.max(images.bytes(i), DISK_BLOCK))
                .sum();
    }

    /** Of an image as it is stored; empty if it cannot be read. */
    private static Optional<ByteBuffer> digest(StoredDataset images, int index) {
        try {
            return Optional.of(ByteBuffer.wrap(sha256().digest(images.content(index))));
        } catch (ImageException e) {
            return Optional.empty(); // whoever decodes it says so
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }

    /** Sizes of the smallest and the largest class, in words: {@code 40 to 120, ratio 3.0}. */
    public String classSizes() {
        IntSummaryStatistics sizes = classes.stream()
                .mapToInt(each -> each.train() + each.validation())
                .summaryStatistics();
        int min = sizes.getMin();
        int max = sizes.getMax();
        if (min == max) {
            return Integer.toString(min);
        }
        return min + " to " + max + (min == 0 ? "" : String.format(Locale.ROOT, ", ratio %.1f", (double) max / min));
    }

    /**
     * Reads and decodes every image.
     *
     * @param workers threads; the result does not depend on how many
     * @param perImage called by the workers after each image; an exception from it ends the survey
     * @throws InterruptedException if the thread is interrupted while it waits
     */
    public static DataSurvey of(DataSource source, int workers, Runnable perImage)
            throws IOException, InterruptedException {
        List<Item> items = new ArrayList<>();
        int classes = source.labels().size();
        int[] train = new int[classes];
        int[] validation = new int[classes];
        if (source.hasTrain()) {
            add(items, source.storedTrain(), true, train);
        }
        if (source.hasValidation()) {
            add(items, source.storedValidation(), false, validation);
        }
        Findings findings = new Findings(items);
        findings.gather(workers, perImage);
        List<ClassCount> counts = new ArrayList<>();
        for (int label = 0; label < classes; label++) {
            counts.add(new ClassCount(source.labels().get(label), train[label], validation[label]));
        }
        return new DataSurvey(
                counts,
                items.stream()
                        .mapToLong(item -> item.data().bytes(item.index()))
                        .sum(),
                Range.of(findings.widths),
                Range.of(findings.heights),
                findings.unreadable(),
                findings.duplicates(),
                findings.pixels.statistics());
    }

    private static void add(List<Item> items, StoredDataset data, boolean train, int[] counts) {
        for (int index = 0; index < data.size(); index++) {
            items.add(new Item(data, index, train));
            counts[data.label(index)]++;
        }
    }

    private record Item(StoredDataset data, int index, boolean train) {
        String name() {
            return data.name(index);
        }

        String label() {
            return data.labels().get(data.label(index));
        }
    }

    /** Sums over pixels: integers, so that they do not depend on the order of the images. */
    private static final class PixelSums {
        private static final int CHANNELS = 3;

        private final long[] sums = new long[CHANNELS]; // guarded by this, as are the others
        private final long[] squares = new long[CHANNELS];
        private long pixels;

        void add(RgbImage image) {
            long[] imageSums = new long[CHANNELS];
            long[] imageSquares = new long[CHANNELS];
            byte[] rgb = image.rgb();
            for (int i = 0; i < rgb.length; i += CHANNELS) {
                for (int channel = 0; channel < CHANNELS; channel++) {
                    long value = rgb[i + channel] & 0xff;
                    imageSums[channel] += value;
                    imageSquares[channel] += value * value;
                }
            }
            synchronized (this) {
                pixels += rgb.length / CHANNELS;
                for (int channel = 0; channel < CHANNELS; channel++) {
                    sums[channel] += imageSums[channel];
                    squares[channel] += imageSquares[channel];
                }
            }
        }

        synchronized Optional<PixelStatistics> statistics() {
            if (pixels == 0) {
                return Optional.empty();
            }
            List<Double> mean = new ArrayList<>();
            List<Double> std = new ArrayList<>();
            for (int channel = 0; channel < CHANNELS; channel++) {
                double average = (double) sums[channel] / pixels;
                mean.add(average / 255);
                std.add(Math.sqrt(Math.max(0, (double) squares[channel] / pixels - average * average)) / 255);
            }
            return Optional.of(new PixelStatistics(List.copyOf(mean), List.copyOf(std)));
        }
    }

    /** Findings for each image; every worker writes elements of its own. */
    private static final class Findings {
        private final List<Item> items;
        private final int[] widths;
        private final int[] heights;
        private final byte[] @Nullable [] digests;
        private final @Nullable String[] errors;
        private final PixelSums pixels = new PixelSums();

        Findings(List<Item> items) {
            this.items = items;
            this.widths = new int[items.size()];
            this.heights = new int[items.size()];
            this.digests = new byte[items.size()][];
            this.errors = new String[items.size()];
        }

        void gather(int workers, Runnable perImage) throws IOException, InterruptedException {
            ExecutorService pool = Executors.newFixedThreadPool(workers);
            AtomicInteger next = new AtomicInteger();
            try {
                List<Future<?>> running = new ArrayList<>();
                for (int worker = 0; worker < workers; worker++) {
                    running.add(pool.submit(() -> {
                        for (int i = next.getAndIncrement(); i < items.size(); i = next.getAndIncrement()) {
                            look(i);
                            perImage.run();
                        }
                    }));
                }
                for (Future<?> each : running) {
                    each.get();
                }
            } catch (ExecutionException e) {
                if (e.getCause() instanceof RuntimeException cause) {
                    throw cause;
                }
                if (e.getCause() instanceof Error cause) {
                    throw cause;
                }
                throw new IOException(e.getCause());
            } finally {
                next.set(items.size());
                pool.shutdown();
            }
        }

        private void look(int i) {
            Item item = items.get(i);
            try {
                RgbImage image = item.data().image(item.index());
                widths[i] = image.width();
                heights[i] = image.height();
                digests[i] = digest(image);
                if (item.train()) {
                    pixels.add(image);
                }
            } catch (ImageException e) {
                errors[i] = String.valueOf(e.getMessage());
            }
        }

        private static byte[] digest(RgbImage image) {
            MessageDigest sha256 = sha256();
            sha256.update(ByteBuffer.allocate(4).putInt(image.width()).array());
            return sha256.digest(image.rgb());
        }

        List<SkippedImage> unreadable() {
            List<SkippedImage> unreadable = new ArrayList<>();
            for (int i = 0; i < errors.length; i++) {
                String error = errors[i];
                if (error != null) {
                    unreadable.add(new SkippedImage(items.get(i).name(), error));
                }
            }
            return unreadable;
        }

        List<Duplicates> duplicates() {
            Map<ByteBuffer, List<Item>> alike = new LinkedHashMap<>();
            for (int i = 0; i < digests.length; i++) {
                byte[] digest = digests[i];
                if (digest != null) {
                    alike.computeIfAbsent(ByteBuffer.wrap(digest), key -> new ArrayList<>(1))
                            .add(items.get(i));
                }
            }
            return alike.values().stream()
                    .filter(group -> group.size() > 1)
                    .map(group -> new Duplicates(
                            group.stream().map(Item::name).toList(),
                            group.stream().map(Item::train).distinct().count() > 1,
                            group.stream().map(Item::label).distinct().count() > 1))
                    .toList();
        }
    }
}
