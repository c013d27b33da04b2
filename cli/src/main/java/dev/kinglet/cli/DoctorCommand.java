package dev.kinglet.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.kinglet.base.Figures;
import dev.kinglet.base.Table;
import dev.kinglet.cli.console.Console;
import dev.kinglet.cli.console.Interruption;
import dev.kinglet.cli.console.Json;
import dev.kinglet.toolkit.SelfTest;
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

    @Override
    public Integer call() {
        List<SelfTest.Finding> findings = SelfTest.run(Interruption::isRequested);
        report(findings);
        return findings.stream().allMatch(SelfTest.Finding::works) ? 0 : Failure.FAILED;
    }

    private void report(List<SelfTest.Finding> findings) {
        if (json) {
            ArrayNode array = Json.array();
            findings.forEach(finding -> array.addObject()
                    .put("what", finding.what())
                    .put("works", finding.works())
                    .put("says", says(finding)));
            console.result(Json.page(array));
            return;
        }
        Table table = new Table("", "", "");
        findings.forEach(finding -> table.row(finding.works() ? "ok" : "BROKEN", finding.what(), says(finding)));
        console.result(table.toString().strip());
    }

    private static String says(SelfTest.Finding finding) {
        return finding.says() + (finding.seconds() < 0.1 ? "" : " (" + Figures.duration(finding.seconds()) + ")");
    }
}
