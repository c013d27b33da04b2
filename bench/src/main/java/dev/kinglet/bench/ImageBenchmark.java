package dev.kinglet.bench;

import dev.kinglet.image.ImageDecoder;
import dev.kinglet.image.ImageException;
import dev.kinglet.image.ImageLimits;
import dev.kinglet.image.Normalizer;
import dev.kinglet.image.Pipeline;
import dev.kinglet.image.Resampler;
import dev.kinglet.image.RgbImage;
import dev.kinglet.network.Interpolation;
import dev.kinglet.network.Preprocessing;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferByte;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import javax.imageio.ImageIO;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Images a second, on one thread: decoding, beside ImageIO, resizing, and whole pipelines from the file to what a network
 * is fed. {@code peers/pillow_pipeline.py} measures Pillow in the same steps on the same files. Both on one processor:
 *
 * <pre>{@code
 * mvn -pl bench -am -DskipTests package
 * taskset -c 0 java -jar bench/target/kinglet-bench.jar ImageBenchmark -jvmArgsAppend -Dphotos=DIR
 * taskset -c 0 python3 bench/peers/pillow_pipeline.py DIR
 * }</pre>
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(value = 1, jvmArgsPrepend = "-XX:+UseSerialGC") // collects on the thread that is measured
@Warmup(iterations = 5, time = 2)
@Measurement(iterations = 5, time = 2)
public class ImageBenchmark {
    private static final int SIDE = 224;
    private static final int CIFAR = 32;

    private final ImageDecoder decoder = new ImageDecoder(ImageLimits.defaults());
    private final Pipeline training = Pipeline.randomResizedCrop(Preprocessing.imagenet(), 0.08, 0.5);
    private final Pipeline evaluation = Pipeline.evaluation(Preprocessing.imagenet());
    private final Pipeline padded = Pipeline.paddedRandomCrop(
            Preprocessing.imagenet().withInputSize(CIFAR).withCropPct(1), 4, 0.5);
    private final Normalizer normalizer = new Normalizer(Preprocessing.imagenet());
    private final FloatBuffer normalized = FloatBuffer.allocate(3 * SIDE * SIDE);
    private final SplittableRandom random = new SplittableRandom(1);
    private final RgbImage small = noise(CIFAR);
    private final RgbImage large = noise(512);

    private static RgbImage noise(int side) {
        byte[] bytes = new byte[3 * side * side];
        new SplittableRandom(2).nextBytes(bytes);
        return new RgbImage(side, side, bytes);
    }

    /** ImageIO at its fastest: without temporary files. */
    @Setup
    public void keepImageIoInMemory() {
        ImageIO.setUseCache(false);
    }

    @Benchmark
    public RgbImage decode(Photos photos) throws ImageException {
        return decoder.decode(photos.next());
    }

    /** The peer: the JDK's own decoder, and its pixels brought into the same form on the shortest way there is. */
    @Benchmark
    public RgbImage decodeByImageIo(Photos photos) throws IOException {
        BufferedImage image = imageIo(photos.next());
        BufferedImage bgr = image;
        if (image.getType() != BufferedImage.TYPE_3BYTE_BGR) { // a gray photo
            bgr = new BufferedImage(image.getWidth(), image.getHeight(), BufferedImage.TYPE_3BYTE_BGR);
            Graphics2D graphics = bgr.createGraphics();
            graphics.drawImage(image, 0, 0, null);
            graphics.dispose();
        }
        byte[] bytes = ((DataBufferByte) bgr.getRaster().getDataBuffer()).getData();
        for (int i = 0; i < bytes.length; i += 3) {
            byte blue = bytes[i];
            bytes[i] = bytes[i + 2];
            bytes[i + 2] = blue;
        }
        return new RgbImage(image.getWidth(), image.getHeight(), bytes);
    }

    /** The peer without that: its pixels are of no use to a network yet. */
    @Benchmark
    public BufferedImage decodeByImageIoAlone(Photos photos) throws IOException {
        return imageIo(photos.next());
    }

    private static BufferedImage imageIo(byte[] encoded) throws IOException {
        return ImageIO.read(new ByteArrayInputStream(encoded));
    }

    @Benchmark
    public RgbImage resize512To224() {
        return Resampler.resize(large, SIDE, SIDE, Interpolation.BILINEAR);
    }

    @Benchmark
    public RgbImage resize512To224Bicubic() {
        return Resampler.resize(large, SIDE, SIDE, Interpolation.BICUBIC);
    }

    /** A decoded file, cropped at random to 224 pixels and flipped at random, as 8-bit values: the input of training. */
    @Benchmark
    public RgbImage training(Photos photos) throws ImageException {
        return training.apply(decoder.read(photos.nextFile()), random);
    }

    /** The same and normalized. */
    @Benchmark
    public FloatBuffer trainingNormalized(Photos photos) throws ImageException {
        return normalized(training(photos));
    }

    /** A file decoded, the shorter side 256 pixels, the central 224. */
    @Benchmark
    public RgbImage evaluation(Photos photos) throws ImageException {
        return evaluation.apply(decoder.read(photos.nextFile()));
    }

    /** The same and normalized. */
    @Benchmark
    public FloatBuffer evaluationNormalized(Photos photos) throws ImageException {
        return normalized(evaluation(photos));
    }

    private FloatBuffer normalized(RgbImage image) {
        normalizer.normalize(image, normalized.clear());
        return normalized;
    }

    /** An image of 32 pixels with a border, cropped and flipped at random. */
    @Benchmark
    public RgbImage paddedCropOf32Pixels() throws ImageException {
        return padded.apply(small, random);
    }
}
