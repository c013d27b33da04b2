package dev.kinglet.spark;

import dev.kinglet.base.Table;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Tries a model and its native libraries on every executor of a cluster: a program for {@code spark-submit}. */
@Command(
        name = "DoctorJob",
        sortOptions = false,
        description = {
            "Try native libraries, decoding and a model on every executor, and say what works.",
            "Exit status 1 if something does not, or an executor could not be reached."
        },
        footerHeading = "%nExamples:%n",
        footer = {"  spark-submit --class dev.kinglet.spark.DoctorJob kinglet-spark.jar birds.onnx --executors 20"})
@SuppressWarnings("UnusedVariable") // picocli acts on help
public final class DoctorJob implements JobProgram.Job {
    private static final int WAIT_SECONDS = 60;
    private static final int SHORT_WAIT_SECONDS = 20;
    private static final int TASKS_PER_SLOT = 2;

    @Parameters(index = "0", paramLabel = "MODEL", description = "A file that kinglet export wrote.")
    private String model = "";

    @Option(
            names = "--executors",
            paramLabel = "N",
            description = "Executors to wait for, up to a minute (default: those that are there).")
    private int executors;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Print this.")
    private boolean help;

    private DoctorJob() {}

    /** Runs the program; the JVM ends with status 1 if something does not work, 2 if the call was wrong. */
    public static void main(String[] args) {
        JobProgram.run(new DoctorJob(), args);
    }

    @Override
    public int run(SparkSession spark, JobProgram program) throws IOException {
        ModelSource source = ModelSource.broadcast(spark, model);
        program.note("driver: Spark %s, %s", spark.version(), ExecutorTrials.program());
        Map<String, List<Row>> findings = new TreeMap<>(); // by executor
        int expected = Math.max(1, executors);
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(executors > 0 ? WAIT_SECONDS : SHORT_WAIT_SECONDS);
        do {
            int tasks = TASKS_PER_SLOT * Math.max(expected, spark.sparkContext().defaultParallelism());
            List<Integer> numbers = IntStream.range(0, tasks).boxed().toList();
            spark.createDataset(numbers, Encoders.INT())
                    .repartition(tasks)
                    .mapPartitions(
                            (MapPartitionsFunction<Integer, Row>) rows -> ExecutorTrials.run(source),
                            Encoders.row(ExecutorTrials.SCHEMA))
                    .collectAsList()
                    .forEach(row -> findings.computeIfAbsent(row.getString(0), id -> new ArrayList<>())
                            .add(row));
            expected = Math.max(expected, found(spark));
        } while (findings.size() < expected && System.nanoTime() < end);
        boolean works = findings.size() >= expected;
        Table table = new Table("executor", "", "", "");
        for (Map.Entry<String, List<Row>> executor : findings.entrySet()) {
            for (Row row : executor.getValue().stream().distinct().toList()) {
                table.row(
                        row.getString(0) + " " + row.getString(1),
                        row.getBoolean(2) ? "ok" : "BROKEN",
                        row.getString(3),
                        row.getString(4));
                works &= row.getBoolean(2);
            }
        }
        program.result(table.toString());
        program.note("executors tried: %d of %d", findings.size(), expected);
        return works ? 0 : 1;
    }

    /** Executors that are there now. */
    private static int found(SparkSession spark) {
        int all = spark.sparkContext().statusTracker().getExecutorInfos().length;
        return Math.max(1, all - 1); // the driver is among them; in a local session it is the only one
    }
}
