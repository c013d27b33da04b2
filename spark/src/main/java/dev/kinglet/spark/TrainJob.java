package dev.kinglet.spark;

import java.io.IOException;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.rdd.RDD;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import scala.reflect.ClassTag;
import scala.reflect.ClassTag$;

/**
 * Trains one network on several executors: a program for {@code spark-submit}. Spark starts the ranks together, in a barrier stage,
 * and starts all of them again when one has failed; what they do together is {@code kinglet train}'s own.
 */
@Command(
        name = "TrainJob",
        sortOptions = false,
        description = {
            "Train one network on several executors, a rank each (kinglet train).",
            "When a rank or an executor has failed, Spark starts all ranks again, at most"
                    + " spark.stage.maxConsecutiveAttempts times, and they resume from the last checkpoint."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  spark-submit --class dev.kinglet.spark.TrainJob --archives kinglet.tar.gz#kinglet kinglet-spark.jar \\",
            "      --ranks 4 --directory /shared/runs -- --data /shared/photos --val-every 5 --model peleenet --json"
        })
@SuppressWarnings("UnusedVariable") // picocli acts on help
public final class TrainJob implements JobProgram.Job {
    private static final String DYNAMIC = "spark.dynamicAllocation.enabled";

    @Option(names = "--ranks", paramLabel = "N", required = true, description = "Processes that train; a task each.")
    private int ranks;

    @Option(
            names = "--directory",
            paramLabel = "DIR",
            required = true,
            description = "Folder of the runs, on storage that all executors share; relative paths are relative to it.")
    private String directory = "";

    @Option(
            names = "--program",
            paramLabel = "PATH",
            description =
                    "The program on the executors (default: ${DEFAULT-VALUE}, which --archives kinglet.tar.gz#kinglet"
                            + " of spark-submit puts there).")
    private String program = "kinglet/bin/kinglet";

    @Parameters(arity = "1..*", paramLabel = "OPTION", description = "After --: options of kinglet train.")
    private List<String> options = List.of();

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Print this.")
    private boolean help;

    private TrainJob() {}

    /** Runs the program; the JVM ends with status 1 if the work failed, 2 if the call was wrong. */
    public static void main(String[] args) {
        JobProgram.run(new TrainJob(), args);
    }

    @Override
    public int run(SparkSession spark, JobProgram job) throws IOException {
        if (ranks < 1) {
            throw new IllegalArgumentException("--ranks is 1 or more, not " + ranks);
        }
        if (spark.sparkContext().getConf().getBoolean(DYNAMIC, false)) {
            throw new IllegalArgumentException("ranks are started together, which Spark does not do while " + DYNAMIC
                    + " is true; submit with --conf " + DYNAMIC + "=false and as many executors as there are ranks");
        }
        job.note("%d ranks; Spark starts them once it has a slot for each", ranks);
        RDD<Integer> tasks = JavaSparkContext.fromSparkContext(spark.sparkContext())
                .parallelize(IntStream.range(0, ranks).boxed().toList(), ranks)
                .rdd();
        ClassTag<String> text = ClassTag$.MODULE$.apply(String.class);
        RDD<String> results = tasks.barrier()
                .mapPartitions(
                        new RankTask(program, directory, spark.sparkContext().applicationId(), options), false, text);
        try {
            JavaRDD.fromRDD(results, text)
                    .repartition(1) // Spark starts a barrier stage again only if another stage comes after it
                    .filter(result -> !result.isBlank())
                    .collect()
                    .forEach(result -> job.result(result.strip()));
        } catch (Exception e) { // Spark's are checked, but Scala does not declare them
            throw new IOException(RankFailure.in(e).orElseGet(() -> JobProgram.reason(e)), e);
        }
        return 0;
    }
}
