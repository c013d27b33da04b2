package dev.kinglet.bench;

import dev.kinglet.data.DataOptions;
import dev.kinglet.data.DataSource;
import dev.kinglet.data.Dataset;
import dev.kinglet.data.ImageCache;
import dev.kinglet.data.Loader;
import dev.kinglet.data.LoaderSettings;
import dev.kinglet.image.Batch;
import dev.kinglet.image.Pipeline;
import dev.kinglet.network.Preprocessing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
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

/**
 * Throughput of the loader alone, in images per second, without training.
 *
 * <pre>{@code
 * mvn -pl bench -am -DskipTests package
 * java -jar bench/target/kinglet-bench.jar LoaderBenchmark -jvmArgsAppend -Dphotos=DIR
 * }</pre>
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 4, time = 3)
@Measurement(iterations = 5, time = 3)
public class LoaderBenchmark {
    private static final int BATCH = 32;
    private static final long CACHE = 1L << 30;

    /** The data and the pipeline. */
    public enum Source {
        /** Files to random crops of 224 pixels, flipped at random. */
        PHOTOS(Pipeline.randomResizedCrop(Preprocessing.imagenet(), 0.08, 0.5)),
        /** The same from a cache in memory. */
        PHOTOS_IN_MEMORY(PHOTOS.pipeline),
        /** The same from a cache on disk. */
        PHOTOS_ON_DISK(PHOTOS.pipeline),
        /** 50,000 images of 32 pixels from CIFAR's binary files, padded, cropped and flipped at random. */
        CIFAR(Pipeline.paddedRandomCrop(
                Preprocessing.imagenet().withInputSize(32).withCropPct(1), 4, 0.5));

        @SuppressWarnings("ImmutableEnumChecker") // a pipeline is a value
        private final Pipeline pipeline;

        Source(Pipeline pipeline) {
            this.pipeline = pipeline;
        }
    }

    @Param
    private Source source = Source.PHOTOS;

    /** Threads. */
    @Param({"1", "2"})
    private int workers = 1;

    private Path scratch = Path.of("");
    private ImageCache cache = ImageCache.inMemory(0);
    private Loader loader;
    private Loader.Epoch epoch;
    private int number;

    @SuppressWarnings("NullAway.Init") // JMH calls open() first
    public LoaderBenchmark() {}

    @Setup(Level.Trial)
    public void open() throws IOException {
        scratch = Files.createTempDirectory("kinglet-bench");
        loader = new Loader(images(), source.pipeline, LoaderSettings.training(BATCH, 1, workers));
        epoch = loader.epoch(0);
    }

    private Dataset images() throws IOException {
        return switch (source) {
            case PHOTOS -> photos();
            case PHOTOS_IN_MEMORY -> {
                cache = ImageCache.inMemory(CACHE);
                yield cache.over(photos());
            }
            case PHOTOS_ON_DISK -> {
                cache = ImageCache.onDisk(scratch, CACHE);
                yield cache.over(photos());
            }
            case CIFAR -> cifar();
        };
    }

    private static Dataset photos() throws IOException {
        return DataSource.open(Photos.folder(), DataOptions.defaults().withValEvery(5))
                .train();
    }

    /** In CIFAR-10's form and number; what is on the images does not matter here. */
    private Dataset cifar() throws IOException {
        SplittableRandom random = new SplittableRandom(3);
        byte[] file = new byte[10_000 * 3073];
        random.nextBytes(file);
        for (int label = 0; label < file.length; label += 3073) {
            file[label] = (byte) random.nextInt(10);
        }
        for (String name : List.of("data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5")) {
            Files.write(scratch.resolve(name + ".bin"), file);
        }
        Files.write(scratch.resolve("test_batch.bin"), file);
        Files.writeString(scratch.resolve("batches.meta.txt"), "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n");
        return DataSource.open(scratch, DataOptions.defaults()).train();
    }

    @TearDown(Level.Trial)
    public void close() throws IOException {
        epoch.close();
        cache.close();
        try (Stream<Path> files = Files.list(scratch)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(scratch);
    }

    @Benchmark
    @OperationsPerInvocation(BATCH)
    public Batch load() throws IOException, InterruptedException {
        Batch batch = epoch.next();
        if (batch != null) {
            return batch;
        }
        epoch.close();
        epoch = loader.epoch(++number);
        return Objects.requireNonNull(epoch.next());
    }
}
