package dev.kinglet.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kinglet.image.ImageDecoder;
import dev.kinglet.image.ImageFormats;
import dev.kinglet.image.ImageLimits;
import dev.kinglet.image.Normalizer;
import dev.kinglet.image.Pipeline;
import dev.kinglet.image.RgbImage;
import dev.kinglet.infer.Classifier;
import dev.kinglet.infer.ClassifierOptions;
import dev.kinglet.infer.TimedSession;
import dev.kinglet.network.Preprocessing;
import dev.kinglet.onnx.OnnxFile;
import dev.kinglet.toolkit.Machine;
import dev.kinglet.toolkit.TrainedModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/**
 * The whole way from images' files to labels, on so many threads: in each round every exported file answers all images,
 * forwards and backwards by turns, and then goes the same way step by step, to see where the time goes.
 *
 * @param files exported ones
 * @param folder all images in it and below
 */
record PipelineBenchmark(List<Path> files, Path folder, int threads, int rounds) {

    /** @throws IllegalArgumentException if a file is not exported */
    PipelineBenchmark {
        for (Path file : files) {
            if (!TrainedModel.isOnnx(file)) {
                throw new IllegalArgumentException(
                        "--pipeline takes .onnx files, not " + file + "; kinglet export writes one");
            }
        }
    }

    /** One exported file, and what its rounds took. Owns native memory until closed. */
    private static final class Entrant implements AutoCloseable {
        private final Path file;
        private final Classifier classifier;
        private final List<Stage> stages = new ArrayList<>(); // one a thread
        private final List<Double> rates = new ArrayList<>(); // images a second, by round

        Entrant(Path file, int threads) throws IOException {
            this.file = file;
            this.classifier = Classifier.open(file, ClassifierOptions.defaults().withSessions(threads));
            OnnxFile onnx = OnnxFile.read(file);
            try {
                while (stages.size() < threads) {
                    stages.add(new Stage(onnx, file.toString()));
                }
            } catch (IOException | RuntimeException e) {
                close();
                throw e;
            }
        }

        double[] rates() {
            return rates.stream().mapToDouble(Double::doubleValue).toArray();
        }

        @Override
        public void close() {
            stages.forEach(stage -> stage.session.close());
            classifier.close();
        }
    }

    /** The steps of one thread, by hand, and the nanoseconds each has taken. */
    private static final class Stage {
        private final ImageDecoder decoder = new ImageDecoder(ImageLimits.defaults());
        private final Pipeline pipeline;
        private final Normalizer normalizer;
        private final FloatBuffer prepared;
        private final TimedSession session;
        private long decode;
        private long prepare;
        private long network;

        Stage(OnnxFile file, String name) throws IOException {
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
            session.run(); // its time does not depend on what is in the image
            long end = System.nanoTime();
            decode += decoded - start;
            prepare += ready - decoded;
            network += end - ready;
        }

        void forget() {
            decode = 0;
            prepare = 0;
            network = 0;
        }
    }

    /** Something done with one image by one of the threads. */
    @FunctionalInterface
    private interface Step {
        void run(int worker, Path image) throws IOException;
    }

    /**
     * What one file's rounds came to.
     *
     * @param decodeMillis of an image on one thread; so are the next two
     */
    private record Result(
            Path file,
            Spread imagesPerSecond,
            Spread speedup,
            double decodeMillis,
            double prepareMillis,
            double networkMillis) {
        static Result of(Entrant entrant, Entrant first, int images) {
            double[] rates = entrant.rates();
            double[] speedup = first.rates();
            for (int i = 0; i < speedup.length; i++) {
                speedup[i] = rates[i] / speedup[i];
            }
            double total = 1e6 * images * rates.length; // of millis in nanoseconds, over all images
            return new Result(
                    entrant.file,
                    Spread.of(rates),
                    Spread.of(speedup),
                    entrant.stages.stream().mapToLong(stage -> stage.decode).sum() / total,
                    entrant.stages.stream().mapToLong(stage -> stage.prepare).sum() / total,
                    entrant.stages.stream().mapToLong(stage -> stage.network).sum() / total);
        }
    }

    /**
     * Measures, and prints the result.
     *
     * @throws IOException if a file or image cannot be used; the message names it
     */
    void run(Console console, boolean json) throws IOException {
        List<Path> images = images();
        List<Entrant> entrants = new ArrayList<>();
        try (Workers workers = new Workers(threads)) {
            for (Path file : files) {
                entrants.add(new Entrant(file, threads));
            }
            for (int round = -1; round < rounds; round++) { // the first warms up
                for (int i = 0; i < entrants.size(); i++) {
                    Interruption.check();
                    round(entrants.get(round % 2 == 0 ? i : entrants.size() - 1 - i), images, workers);
                }
                if (round < 0) {
                    entrants.forEach(entrant -> {
                        entrant.rates.clear();
                        entrant.stages.forEach(Stage::forget);
                    });
                }
            }
            List<Result> results = entrants.stream()
                    .map(entrant -> Result.of(entrant, entrants.get(0), images.size()))
                    .toList();
            console.result(
                    json ? Json.page(object(results, images.size())) : table(results) + "\n\n" + how(images.size()));
        } finally {
            entrants.forEach(Entrant::close);
        }
    }

    private List<Path> images() throws IOException {
        List<Path> images;
        try (Stream<Path> all = Files.walk(folder)) {
            images = all.filter(file -> ImageFormats.isImageName(file) && Files.isRegularFile(file))
                    .sorted()
                    .toList();
        }
        if (images.isEmpty()) {
            throw new IllegalArgumentException("there is no image in " + folder + " or below it");
        }
        return images;
    }

    private static void round(Entrant entrant, List<Path> images, Workers workers) {
        long start = System.nanoTime();
        each(images, workers, (worker, image) -> entrant.classifier.classify(image));
        entrant.rates.add(1e9 * images.size() / (System.nanoTime() - start));
        each(images, workers, (worker, image) -> entrant.stages.get(worker).run(image));
    }

    /** Each image by whichever thread is free. */
    private static void each(List<Path> images, Workers workers, Step step) {
        AtomicInteger next = new AtomicInteger();
        workers.run(worker -> {
            for (int i = next.getAndIncrement(); i < images.size(); i = next.getAndIncrement()) {
                try {
                    step.run(worker, images.get(i));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        });
    }

    private ObjectNode object(List<Result> results, int images) {
        ObjectNode object = Json.object()
                .put("machine", Machine.describe())
                .put("runtime", TimedSession.runtime())
                .put("kinglet", Version.kinglet())
                .put("mode", "pipeline")
                .put("threads", threads)
                .put("rounds", rounds)
                .put("images", images);
        ArrayNode array = object.putArray("results");
        for (Result result : results) {
            ObjectNode entry = array.addObject()
                    .put("file", result.file.toString())
                    .put("images_per_s", result.imagesPerSecond.median())
                    .put("decode_ms", result.decodeMillis)
                    .put("prepare_ms", result.prepareMillis)
                    .put("network_ms", result.networkMillis);
            entry.putObject("speedup")
                    .put("median", result.speedup.median())
                    .put("min", result.speedup.min())
                    .put("max", result.speedup.max());
        }
        return object;
    }

    private static String table(List<Result> results) {
        MarkdownTable table = new MarkdownTable(
                "file", ">images/s", ">times the first", ">decode, ms", ">resize and normalize, ms", ">network, ms");
        for (Result result : results) {
            table.row(
                    result.file.toString(),
                    Figures.spread("%.1f", result.imagesPerSecond),
                    Figures.spread("%.2f", result.speedup),
                    String.format(Locale.ROOT, "%.2f", result.decodeMillis),
                    String.format(Locale.ROOT, "%.2f", result.prepareMillis),
                    String.format(Locale.ROOT, "%.2f", result.networkMillis));
        }
        return table.toString();
    }

    private String how(int images) {
        return String.format(
                Locale.ROOT,
                "%s, Kinglet %s, %s; %d %s, %d images' files to labels in each of %d rounds, interleaved: median over the"
                        + " rounds (range). The steps are of one image on one thread, while the others work too.",
                Machine.describe(),
                Version.kinglet(),
                TimedSession.runtime(),
                threads,
                threads == 1 ? "thread" : "threads",
                images,
                rounds);
    }
}
