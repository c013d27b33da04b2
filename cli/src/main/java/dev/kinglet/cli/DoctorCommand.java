package dev.kinglet.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.kinglet.base.ByteSize;
import dev.kinglet.cli.console.Console;
import dev.kinglet.cli.console.Json;
import dev.kinglet.cli.console.Table;
import dev.kinglet.toolkit.Machine;
import dev.kinglet.toolkit.SelfTest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code kinglet doctor}. */
@Command(
        name = "doctor",
        description = "Try everything once on this machine, native libraries included, and say what works. Exit status"
                + " 1 if something does not.")
final class DoctorCommand implements Callable<Integer> {
    private final Console console;

    @Option(names = "--json", description = "Print a JSON array.")
    private boolean json;

    DoctorCommand(Console console) {
        this.console = console;
    }

    /** Something tried, and what it said. */
    private record Finding(String what, boolean works, String says) {}

    /** Something to try. */
    @FunctionalInterface
    private interface Trial {
        String run() throws IOException;
    }

    @Override
    public Integer call() {
        List<Finding> findings = new ArrayList<>();
        findings.add(attempt("kinglet", () -> Version.kinglet() + " on " + Machine.describe()));
        findings.add(attempt("memory", DoctorCommand::memory));
        findings.add(attempt("libraries", DoctorCommand::libraries));
        findings.add(attempt("decoding", SelfTest::decoding));
        findings.add(attempt("charts", SelfTest::charts));
        findings.add(attempt("training", SelfTest::training));
        findings.add(attempt("inference", SelfTest::inference));
        report(findings);
        return findings.stream().allMatch(Finding::works) ? 0 : Failure.FAILED;
    }

    private static Finding attempt(String what, Trial trial) {
        long start = System.nanoTime();
        try {
            String says = trial.run();
            double seconds = (System.nanoTime() - start) / 1e9;
            return new Finding(what, true, says + (seconds < 0.1 ? "" : " (" + Figures.duration(seconds) + ")"));
        } catch (Exception | LinkageError e) { // a library that is not there is an error to the JVM, and a finding here
            return new Finding(what, false, Failure.of(e).line());
        }
    }

    private void report(List<Finding> findings) {
        if (json) {
            ArrayNode array = Json.array();
            findings.forEach(finding -> array.addObject()
                    .put("what", finding.what())
                    .put("works", finding.works())
                    .put("says", finding.says()));
            console.result(Json.page(array));
            return;
        }
        Table table = new Table("", "", "");
        findings.forEach(finding -> table.row(finding.works() ? "ok" : "BROKEN", finding.what(), finding.says()));
        console.result(table.toString().strip());
    }

    private static String memory() {
        return ByteSize.wholeMib(Machine.memoryBytes()) + "; the heap may grow to "
                + ByteSize.wholeMib(Runtime.getRuntime().maxMemory()) + ", native code to " + Machine.nativeLimit();
    }

    private static String libraries() {
        return "libtorch " + Version.of("org.bytedeco", "pytorch") + ", OpenCV " + Version.of("org.bytedeco", "opencv")
                + ", ONNX Runtime " + Version.of("com.microsoft.onnxruntime", "onnxruntime") + ", JavaCPP "
                + Version.of("org.bytedeco", "javacpp");
    }
}
