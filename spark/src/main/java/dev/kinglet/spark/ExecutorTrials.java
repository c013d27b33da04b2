package dev.kinglet.spark;

import dev.kinglet.base.ByteSize;
import dev.kinglet.base.IoReason;
import dev.kinglet.base.KingletVersion;
import dev.kinglet.image.ImageDecoder;
import dev.kinglet.image.ImageLimits;
import dev.kinglet.image.RgbImage;
import dev.kinglet.infer.LabeledScore;
import dev.kinglet.infer.Processor;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import javax.imageio.ImageIO;
import org.apache.spark.SparkEnv;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/** What an executor needs, tried once in each, with a real image and the model itself. */
final class ExecutorTrials {
    static final StructType SCHEMA = new StructType(new StructField[] {
        DataTypes.createStructField("executor", DataTypes.StringType, false),
        DataTypes.createStructField("host", DataTypes.StringType, false),
        DataTypes.createStructField("works", DataTypes.BooleanType, false),
        DataTypes.createStructField("what", DataTypes.StringType, false),
        DataTypes.createStructField("says", DataTypes.StringType, false)
    });

    private static final int RGB = 0x2a7f4d;
    private static final long PAUSE_MILLIS = 500; // a task stays for a while, so that others go to other executors
    private static final Object LOCK = new Object();
    private static List<Row> found = List.of(); // guarded by the lock

    private ExecutorTrials() {}

    /** Something to try. */
    @FunctionalInterface
    private interface Trial {
        String run() throws IOException;
    }

    static Iterator<Row> run(ModelSource source) throws InterruptedException, IOException {
        Thread.sleep(PAUSE_MILLIS);
        synchronized (LOCK) {
            if (found.isEmpty()) {
                List<Row> rows = new ArrayList<>();
                rows.add(attempt("kinglet", ExecutorTrials::program));
                rows.add(attempt("memory", ExecutorTrials::memory));
                rows.add(attempt("decoding", ExecutorTrials::decoding));
                rows.add(attempt("inference", () -> inference(source)));
                found = List.copyOf(rows);
            }
            return found.iterator();
        }
    }

    private static Row attempt(String what, Trial trial) throws IOException {
        boolean works = false;
        String says;
        try {
            says = trial.run();
            works = true;
        } catch (IOException e) {
            says = IoReason.describe(e);
        } catch (RuntimeException | LinkageError e) { // such as a native library that is not there
            says = e.toString();
        }
        return RowFactory.create(
                SparkEnv.get().executorId(), InetAddress.getLocalHost().getHostName(), works, what, says);
    }

    /** Versions and processor of this JVM. */
    static String program() {
        return KingletVersion.current() + " on " + Runtime.getRuntime().availableProcessors() + " processors ("
                + Processor.name() + "), " + System.getProperty("os.name") + " " + System.getProperty("os.arch")
                + ", Java " + System.getProperty("java.version");
    }

    private static String memory() throws IOException {
        return "the heap may grow to "
                + ByteSize.wholeMib(Runtime.getRuntime().maxMemory()) + "; "
                + ByteSize.wholeMib(Probe.residentBesideHeap()) + " are held beside it";
    }

    /** Decodes an image that was just encoded, and compares a pixel. */
    private static String decoding() throws IOException {
        BufferedImage drawn = new BufferedImage(8, 8, BufferedImage.TYPE_INT_RGB);
        drawn.setRGB(0, 0, RGB);
        ByteArrayOutputStream png = new ByteArrayOutputStream();
        ImageIO.write(drawn, "png", png);
        RgbImage image = new ImageDecoder(ImageLimits.defaults()).decode(png.toByteArray());
        byte[] rgb = image.rgb();
        if (((rgb[0] & 0xff) << 16 | (rgb[1] & 0xff) << 8 | (rgb[2] & 0xff)) != RGB) {
            throw new IOException("OpenCV decoded a drawn image to something else: " + image);
        }
        return "OpenCV reads images";
    }

    /** Runs the model on a black image. */
    private static String inference(ModelSource source) throws IOException {
        OpenModel model = OpenModel.acquire(source, null);
        try {
            ByteBuffer black = model.buffer();
            for (int i = 0; i < black.capacity(); i++) {
                black.put(i, (byte) 0);
            }
            float[] logits = model.logits(black, 1);
            model.giveBack(black);
            LabeledScore best = LabeledScore.ranked(logits, model.card(), 1).get(0);
            return String.format(
                    Locale.ROOT,
                    "ONNX Runtime answers; %s, %d sessions, a black image is '%s' by %.6f (logits %08x)",
                    model.card().model(),
                    OpenModel.sessions(),
                    best.label(),
                    best.score(),
                    Arrays.hashCode(logits));
        } finally {
            model.release();
        }
    }
}
