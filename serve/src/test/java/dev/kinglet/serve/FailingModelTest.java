package dev.kinglet.serve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kinglet.network.Layer;
import dev.kinglet.network.Preprocessing;
import dev.kinglet.network.Scope;
import dev.kinglet.network.Window;
import dev.kinglet.onnx.OnnxFile;
import dev.kinglet.onnx.samples.SampleModels;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A model that fails in the runtime costs its own requests their answers, and nothing else. */
@Tag("native")
@Tag("system")
@EnabledOnOs(OS.LINUX) // whose limits of memory can be changed while a process runs
class FailingModelTest {
    @TempDir
    private Path folder;

    @Test
    void failures_leave_sessions_and_workers_whole() throws Exception {
        drill(100);
    }

    @Test
    @Tag("slow")
    void a_thousand_failures_leave_sessions_and_workers_whole() throws Exception {
        drill(1000);
    }

    private void drill(int failures) throws Exception {
        Scope s = Scope.root();
        Layer image =
                s.input(Preprocessing.imagenet().withInputSize(Samples.PIXELS).shape());
        Layer wide = s.conv("wide", image, (1 << 26) / (Samples.PIXELS * Samples.PIXELS), Window.of(1)); // 256 MiB
        s.linear("fc", s.globalAverage("pool", wide), 2, true);
        Path large = folder.resolve("large.onnx");
        OnnxFile.of(SampleModels.withRandomState(s.build("large"), 1)).write(large);
        Path small = Samples.export(folder.resolve("small.onnx"), 1);

        String said =
                ChildJvm.run(FailingModelDrill.class, Integer.toString(failures), large.toString(), small.toString());

        assertThat(said).contains("failed=" + failures + " right=true answered=4");
    }
}
