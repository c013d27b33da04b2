package dev.kinglet.measure;

import dev.kinglet.image.ImageDecoder;
import dev.kinglet.image.ImageLimits;
import dev.kinglet.image.Normalizer;
import dev.kinglet.image.Pipeline;
import dev.kinglet.image.RgbImage;
import dev.kinglet.infer.Classifier;
import dev.kinglet.infer.ClassifierOptions;
import dev.kinglet.infer.TimedSession;
import dev.kinglet.network.Preprocessing;
import dev.kinglet.onnx.OnnxFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.ToLongFunction;

/**
 * The whole way from image files to labels. In each round every exported file classifies all images, forwards and
 * backwards by turns, and then goes the same way step by step, to see where the time goes.
 *
 * @param files exported networks
 * @param images image files
 */
public record PipelineBenchmark(List<Path> files, List<Path> images, int threads, int rounds) {
    public PipelineBenchmark {
        files = List.copyOf(files);
        images = List.copyOf(images);
        if (files.isEmpty() || images.isEmpty()) {
            throw new IllegalArgumentException(
                    "a benchmark needs at least one file and one image, not " + files.size() + " and " + images.size());
        }
    }

    /**
     * Measurements of one file.
     *
     * @param speedup over the first file, by round
     * @param decodeMillis of one image on one thread; so are the next two
     * @param prepareMillis resizing, cropping and normalizing
     */
    public record Result(
            Path file,
            Spread imagesPerSecond,
            Spread speedup,
            double decodeMillis,
            double prepareMillis,
            double networkMillis) {}

    /** One exported file and the times of its rounds. Owns native memory until closed. */
    private static final class Entrant implements AutoCloseable {
        private final Path file;
        private final Classifier classifier;
        private final List<Stages> stages = new ArrayList<>(); // one per thread
        private final List<Double> imagesPerSecond = new ArrayList<>(); // by round

        Entrant(Path file, int threads) throws IOException {
            this.file = file;
            this.classifier = Classifier.open(file, ClassifierOptions.defaults().withSessions(threads));
            OnnxFile onnx = OnnxFile.read(file);
            try {
                while (stages.size() < threads) {
                    stages.add(new Stages(onnx, file.toString()));
                }
            } catch (IOException | RuntimeException e) {
                close();
                throw e;
            }
        }

        void reset() {
            imagesPerSecond.clear();
            stages.forEach(Stages::reset);
        }

        Result result(Entrant first, int images) {
            double[] speedup = new double[imagesPerSecond.size()];
            for (int i = 0; i < speedup.length; i++) {
                speedup[i] = imagesPerSecond.get(i) / first.imagesPerSecond.get(i);
            }
            int total = images * imagesPerSecond.size();
            return new Result(
                    file,
                    Spread.of(imagesPerSecond),
                    Spread.of(speedup),
                    millis(stage -> stage.decodeNanos) / total,
                    millis(stage -> stage.prepareNanos) / total,
                    millis(stage -> stage.networkNanos) / total);
        }

        private double millis(ToLongFunction<Stages> nanos) {
            return stages.stream().mapToLong(nanos).sum() / 1e6;
        }

        @Override
        public void close() {
            stages.forEach(stage -> stage.session.close());
            classifier.close();
        }
    }

    /** The steps of one thread and the time that each has taken so far. */
    private static final class Stages {
        private final ImageDecoder decoder = new ImageDecoder(ImageLimits.defaults());
        private final Pipeline pipeline;
        private final Normalizer normalizer;
        private final FloatBuffer prepared;
        private final TimedSession session;
        private long decodeNanos;
        private long prepareNanos;
        private long networkNanos;

        Stages(OnnxFile file, String name) throws IOException {
            Preprocessing preprocessing = file.card().preprocessing();
            pipeline = Pipeline.evaluation(preprocessing);
            normalizer = new Normalizer(preprocessing);
            prepared =
                    FloatBuffer.allocate(Math.toIntExact(preprocessing.shape().elements()));
            session = new TimedSession(file, name, 1, 1);
        }

        void run(Path file) throws IOException {
            long start = System.nanoTime();
            RgbImage image = decoder.read(file);
            long decoded = System.nanoTime();
            normalizer.normalize(pipeline.apply(image), prepared.clear());
            long ready = System.nanoTime();
            session.run(); // its time does not depend on the image's content
            long end = System.nanoTime();
            decodeNanos += decoded - start;
            prepareNanos += ready - decoded;
            networkNanos += end - ready;
        }

        void reset() {
            decodeNanos = 0;
            prepareNanos = 0;
            networkNanos = 0;
        }
    }

    /** Work on one image by one of the threads. */
    @FunctionalInterface
    private interface Step {
        void run(int worker, Path image) throws IOException;
    }

    /**
     * Measures.
     *
     * @param stop called before each image, by several threads; what it throws ends the work
     * @return one result per file, in their order
     * @throws IOException if a file or image cannot be used; the message names it
     */
    public List<Result> run(Runnable stop) throws IOException {
        List<Entrant> entrants = new ArrayList<>();
        try (Workers workers = new Workers(threads)) {
            for (Path file : files) {
                entrants.add(new Entrant(file, threads));
            }
            round(0, entrants, workers, stop); // warm-up
            entrants.forEach(Entrant::reset);
            for (int round = 0; round < rounds; round++) {
                round(round, entrants, workers, stop);
            }
            return entrants.stream()
                    .map(entrant -> entrant.result(entrants.get(0), images.size()))
                    .toList();
        } finally {
            entrants.forEach(Entrant::close);
        }
    }

    private void round(int round, List<Entrant> entrants, Workers workers, Runnable stop) {
        for (Entrant entrant : InferenceBenchmark.inOrder(round, entrants)) {
            long start = System.nanoTime();
            forEachImage(workers, stop, (worker, image) -> entrant.classifier.classify(image));
            entrant.imagesPerSecond.add(1e9 * images.size() / (System.nanoTime() - start));
            forEachImage(
                    workers, stop, (worker, image) -> entrant.stages.get(worker).run(image));
        }
    }

    /** Each image by whichever worker is free. */
    private void forEachImage(Workers workers, Runnable stop, Step step) {
        AtomicInteger next = new AtomicInteger();
        workers.run(worker -> {
            for (int i = next.getAndIncrement(); i < images.size(); i = next.getAndIncrement()) {
                stop.run();
                try {
                    step.run(worker, images.get(i));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        });
    }
}
