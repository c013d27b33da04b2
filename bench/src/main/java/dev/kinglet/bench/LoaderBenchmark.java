package dev.kinglet.bench;

import dev.kinglet.data.Batch;
import dev.kinglet.data.DataOptions;
import dev.kinglet.data.DataSource;
import dev.kinglet.data.Dataset;
import dev.kinglet.data.Loader;
import dev.kinglet.data.LoaderSettings;
import dev.kinglet.data.Pipeline;
import dev.kinglet.data.RgbImage;
import dev.kinglet.network.Preprocessing;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Pictures a second through the loader alone, nobody training on them. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 3)
@Measurement(iterations = 5, time = 3)
public class LoaderBenchmark {
    private static final int BATCH = 32;
    private static final int CIFAR = 32;
    private static final int CIFAR_PICTURES = 20_000;

    @Param({"1", "2"})
    private int workers = 1;

    private Epochs photos = new Epochs();
    private Epochs small = new Epochs();

    /** Epoch after epoch of one loader. */
    private static final class Epochs {
        private Loader loader;
        private Loader.Epoch epoch;
        private int number;

        @SuppressWarnings("NullAway.Init") // before of() nobody takes anything
        Epochs() {}

        static Epochs of(Dataset pictures, Pipeline pipeline, int workers) throws IOException {
            Epochs epochs = new Epochs();
            epochs.loader = new Loader(pictures, pipeline, LoaderSettings.training(BATCH, 1, workers));
            epochs.epoch = epochs.loader.epoch(0);
            return epochs;
        }

        Batch next() throws IOException, InterruptedException {
            Batch batch = epoch.next();
            if (batch != null) {
                return batch;
            }
            epoch.close();
            epoch = loader.epoch(++number);
            return Objects.requireNonNull(epoch.next());
        }

        void close() {
            epoch.close();
        }
    }

    /** As many pictures as a set like CIFAR has, in memory. */
    private record Noise(List<RgbImage> pictures) implements Dataset {
        static Noise of(int count) {
            SplittableRandom random = new SplittableRandom(3);
            return new Noise(IntStream.range(0, count)
                    .mapToObj(i -> {
                        byte[] bytes = new byte[3 * CIFAR * CIFAR];
                        random.nextBytes(bytes);
                        return new RgbImage(CIFAR, CIFAR, bytes);
                    })
                    .toList());
        }

        @Override
        public List<String> labels() {
            return List.of("noise");
        }

        @Override
        public int size() {
            return pictures.size();
        }

        @Override
        public int label(int index) {
            return 0;
        }

        @Override
        public String name(int index) {
            return "noise " + index;
        }

        @Override
        public RgbImage image(int index) {
            return pictures.get(index);
        }
    }

    @Setup(Level.Trial)
    public void open() throws IOException {
        Path folder = Path.of(System.getProperty("photos", "photos"));
        Preprocessing imagenet = Preprocessing.imagenet();
        photos = Epochs.of(
                DataSource.open(folder, DataOptions.standard().withValEvery(5)).train(),
                Pipeline.randomResizedCrop(imagenet, 0.08, 0.5),
                workers);
        small = Epochs.of(
                Noise.of(CIFAR_PICTURES),
                Pipeline.paddedRandomCrop(imagenet.withInputSize(CIFAR).withCropPct(1), 4, 0.5),
                workers);
    }

    @TearDown(Level.Trial)
    public void close() {
        photos.close();
        small.close();
    }

    /** Photos to random crops of 224 pixels. */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public Batch photos() throws IOException, InterruptedException {
        return photos.next();
    }

    /** Pictures of 32 pixels, padded, cropped and mirrored. */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public Batch smallPictures() throws IOException, InterruptedException {
        return small.next();
    }
}
