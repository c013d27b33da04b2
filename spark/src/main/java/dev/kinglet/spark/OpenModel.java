package dev.kinglet.spark;

import dev.kinglet.image.Batch;
import dev.kinglet.image.ImageDecoder;
import dev.kinglet.image.ImageLimits;
import dev.kinglet.infer.Classifier;
import dev.kinglet.infer.Classifier.Outputs;
import dev.kinglet.infer.ClassifierOptions;
import dev.kinglet.network.Card;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A model that is open in this executor, found by its digest and used by all its tasks, each of which has a session. It stays
 * open between tasks until the executor ends, or another model is opened while nobody uses it.
 */
final class OpenModel {
    /** Images that are run together. */
    static final int BATCH = 16;

    private static final String JAVACPP_LIMIT = "org.bytedeco.javacpp.maxPhysicalBytes";
    private static final Pattern CORES = Pattern.compile(" --cores (\\d{1,6})\\b");
    private static final Map<String, OpenModel> OPEN = new HashMap<>(); // by digest; guards itself and the users

    private final Classifier classifier;
    private final Queue<ByteBuffer> buffers = new ConcurrentLinkedQueue<>(); // of batches, one for each task at most
    private int users;

    private OpenModel(Classifier classifier) {
        this.classifier = classifier;
    }

    /**
     * The model for one more user, who calls {@link #release} when it is done.
     *
     * @throws IOException if ONNX Runtime refuses it
     */
    static OpenModel acquire(ModelSource source, @Nullable Counters counters) throws IOException {
        synchronized (OPEN) {
            OpenModel model = OPEN.get(source.digest());
            if (model == null) {
                closeUnused();
                model = new OpenModel(open(source));
                if (OPEN.isEmpty()) {
                    ClosingHook.install();
                }
                OPEN.put(source.digest(), model);
                if (counters != null) {
                    counters.modelLoads().add(1);
                }
            }
            model.users++;
            return model;
        }
    }

    private static Classifier open(ModelSource source) throws IOException {
        if (System.getProperty(JAVACPP_LIMIT) == null) {
            System.setProperty(JAVACPP_LIMIT, "0"); // the cluster's limit holds; four times the heap means nothing
        }
        return Classifier.of(
                source.file(), source.name(), ClassifierOptions.defaults().withSessions(sessions()));
    }

    /**
     * Tasks that this executor runs at once, at most; a session is created when a task first needs one more. The executor's
     * own command says it wherever the cluster decides; in a local session it is the number of processors.
     */
    static int sessions() {
        Matcher cores = CORES.matcher(System.getProperty("sun.java.command", ""));
        return cores.find()
                ? Math.max(1, Integer.parseInt(cores.group(1)))
                : Runtime.getRuntime().availableProcessors();
    }

    private static void closeUnused() {
        OPEN.values().removeIf(model -> {
            if (model.users == 0) {
                model.classifier.close();
                return true;
            }
            return false;
        });
    }

    void release() {
        synchronized (OPEN) {
            users--;
        }
    }

    Card card() {
        return classifier.card();
    }

    ImageDecoder decoder(ImageLimits limits) {
        return new ImageDecoder(limits, card().preprocessing().orientation());
    }

    /** A direct buffer of {@link #BATCH} images, to be given back. */
    ByteBuffer buffer() {
        ByteBuffer free = buffers.poll();
        int side = card().preprocessing().inputSize();
        return free == null ? ByteBuffer.allocateDirect(BATCH * 3 * side * side) : free;
    }

    void giveBack(ByteBuffer buffer) {
        buffers.add(buffer);
    }

    /**
     * Logits of the first images of a buffer.
     *
     * @return {@code [images, classes]}
     */
    float[] logits(ByteBuffer pixels, int images) {
        return classifier.logits(batch(pixels, images));
    }

    /** Logits and embeddings of the first images of a buffer, of a model with embeddings. */
    Outputs outputs(ByteBuffer pixels, int images) {
        return classifier.outputs(batch(pixels, images));
    }

    private Batch batch(ByteBuffer pixels, int images) {
        return new Batch(pixels, card().preprocessing().inputSize(), new int[images], new int[images]);
    }

    /** Closes what is open when the JVM ends. */
    private static final class ClosingHook {
        private static boolean installed;

        private ClosingHook() {}

        static void install() {
            if (!installed) {
                installed = true;
                Runtime.getRuntime().addShutdownHook(new Thread(ClosingHook::closeAll, "kinglet-close"));
            }
        }

        private static void closeAll() {
            synchronized (OPEN) {
                OPEN.values().forEach(model -> model.classifier.close());
                OPEN.clear();
            }
        }
    }
}
