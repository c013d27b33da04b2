package dev.kinglet.cli.analysis;

import dev.kinglet.cli.console.Console;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/** The commands of this package. */
public final class AnalysisCommands {
    private AnalysisCommands() {}

    /** By name, in the order in which they are listed. */
    public static Map<String, Supplier<Object>> all(Console console) {
        Map<String, Supplier<Object>> commands = new LinkedHashMap<>();
        commands.put("calibrate", () -> new CalibrateCommand(console));
        commands.put("explain", () -> new ExplainCommand(console));
        commands.put("embed", () -> new EmbedCommand(console));
        commands.put("similar", () -> new SimilarCommand(console));
        commands.put("few-shot", () -> new FewShotCommand(console));
        return commands;
    }
}
