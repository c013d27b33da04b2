package dev.kinglet.bench;

import dev.kinglet.data.ImageDecoder;
import dev.kinglet.data.ImageException;
import dev.kinglet.data.ImageLimits;
import dev.kinglet.data.Pipeline;
import dev.kinglet.data.Resampler;
import dev.kinglet.data.RgbImage;
import dev.kinglet.network.Interpolation;
import dev.kinglet.network.Preprocessing;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
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
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Pictures a second, on one thread: decoding, beside ImageIO, and whole pipelines. */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class PictureBenchmark {
    private static final int CIFAR = 32;

    private final ImageDecoder decoder = new ImageDecoder(ImageLimits.standard());
    private final Pipeline training = Pipeline.randomResizedCrop(Preprocessing.imagenet(), 0.08, 0.5);
    private final Pipeline evaluation = Pipeline.evaluation(Preprocessing.imagenet());
    private final Pipeline padded = Pipeline.paddedRandomCrop(
            Preprocessing.imagenet().withInputSize(CIFAR).withCropPct(1), 4, 0.5);
    private final SplittableRandom random = new SplittableRandom(1);
    private final RgbImage small = noise(CIFAR);
    private final RgbImage large = noise(512);

    private static RgbImage noise(int side) {
        byte[] bytes = new byte[3 * side * side];
        new SplittableRandom(2).nextBytes(bytes);
        return new RgbImage(side, side, bytes);
    }

    @Benchmark
    public RgbImage decode(Photos photos) throws ImageException {
        return decoder.decode(photos.next());
    }

    /** The peer: the JDK's own decoder, with its pixels brought into the same form. */
    @Benchmark
    public int[] decodeByImageIo(Photos photos) throws IOException {
        BufferedImage image = ImageIO.read(new ByteArrayInputStream(photos.next()));
        return image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth());
    }

    @Benchmark
    public RgbImage resize512To224() {
        return Resampler.resize(large, 224, 224, Interpolation.BILINEAR);
    }

    /** Decoded, a random part of it at 224 pixels, mirrored or not. */
    @Benchmark
    public RgbImage trainingPipeline(Photos photos) throws ImageException {
        return training.apply(decoder.decode(photos.next()), random);
    }

    /** Decoded, the shorter side 256 pixels, the central 224. */
    @Benchmark
    public RgbImage evaluationPipeline(Photos photos) throws ImageException {
        return evaluation.apply(decoder.decode(photos.next()));
    }

    /** A picture of 32 pixels with a border, cropped at random and mirrored or not. */
    @Benchmark
    public RgbImage paddedCropOf32Pixels() throws ImageException {
        return padded.apply(small, random);
    }
}
