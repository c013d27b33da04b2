package dev.kinglet.serve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kinglet.network.Layer;
import dev.kinglet.network.Preprocessing;
import dev.kinglet.network.Scope;
import dev.kinglet.network.Window;
import dev.kinglet.onnx.OnnxFile;
import dev.kinglet.onnx.samples.SampleModels;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Versions change without a failed request, and the memory of old ones is given back. */
@Tag("native")
@Tag("system")
@EnabledOnOs(OS.LINUX) // whose accounts of memory are read
class SwapTest {
    private static final int MAX_MIB = 32;

    @TempDir
    private Path folder;

    /** What a drill says. */
    private record Outcome(int answered, int grownMib, String failures) {}

    /** A model of 8 MB, another for each seed. */
    private static void export(Path file, long seed) throws IOException {
        Scope s = Scope.root();
        Layer x = s.input(Preprocessing.imagenet().withInputSize(Samples.PIXELS).shape());
        Layer wide = s.conv("wide", x, 400, Window.of(3));
        Layer wider = s.conv("wider", s.globalAverage("pool", wide), 4_000, Window.of(1));
        s.linear("fc", wider, 100, true);
        OnnxFile.of(SampleModels.withRandomState(s.build("large"), seed)).write(file);
    }

    private Outcome drill(int changes, String... more) throws Exception {
        export(folder.resolve("a.onnx"), 1);
        export(folder.resolve("b.onnx"), 2);
        List<String> words = new ArrayList<>(List.of(Integer.toString(changes), folder.toString()));
        words.addAll(List.of(more));
        String out = ChildJvm.run(SwapDrill.class, words.toArray(String[]::new));
        Matcher said = Pattern.compile("answered=(\\d+) grown=(-?\\d+) failures=\\[(.*)\\]")
                .matcher(out);
        assertThat(said.find()).as(out).isTrue();
        return new Outcome(Integer.parseInt(said.group(1)), Integer.parseInt(said.group(2)), said.group(3));
    }

    @Test
    void twenty_changes_cost_no_request_and_no_memory() throws Exception {
        Outcome outcome = drill(20);
        assertThat(outcome.failures()).isEmpty();
        assertThat(outcome.answered()).isPositive();
        assertThat(outcome.grownMib()).isLessThanOrEqualTo(MAX_MIB);
    }

    @Test
    @Tag("slow")
    void two_hundred_changes_cost_no_request_and_no_memory() throws Exception {
        Outcome outcome = drill(200);
        assertThat(outcome.failures()).isEmpty();
        assertThat(outcome.grownMib()).isLessThanOrEqualTo(MAX_MIB);
    }

    /** The control: what the other tests would see if versions were not closed. */
    @Test
    void a_version_that_is_not_given_back_is_seen() throws Exception {
        assertThat(drill(30, "leak").grownMib()).isGreaterThan(2 * MAX_MIB);
    }
}
