package dev.kinglet.train.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kinglet.network.Costs;
import dev.kinglet.train.metrics.EpochResult;
import dev.kinglet.train.options.TrainConfig;
import dev.kinglet.train.options.TrainOption;
import dev.kinglet.train.options.TrainOptions;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ComparisonTest {
    private static final int LOSS_WIDTH = 800; // of the image's left half
    private static final int ABOVE_LEGEND = 360; // rows

    @TempDir
    private Path runs;

    private static List<EpochResult> epochs(Optional<EpochResult.Ema> ema, double... validation) {
        return IntStream.range(0, validation.length)
                .mapToObj(e -> new EpochResult(e, 1.6 - 0.1 * e, 10, validation[e], 18.75, 50, 0.1, 100, 0, 1, ema))
                .toList();
    }

    private RunFolder run(String name, List<EpochResult> epochs) throws IOException {
        TrainConfig config = TrainConfig.of(TrainOptions.none()
                .with(List.of("data=p", "model=m", "img_size=4", "crop_pct=1"))
                .with(TrainOption.OUTPUT, runs.toString())
                .with(TrainOption.NAME, name));
        RunFolder run = RunFolder.create(config, List.of("a", "b"));
        run.writeResults(epochs);
        return run;
    }

    @Test
    void no_run_is_missing_in_the_chart_of_losses() throws IOException {
        Map<String, List<EpochResult>> curves = new LinkedHashMap<>();
        curves.put("low", epochs(Optional.empty(), 4.1, 3.2, 2.4));
        double[] lowest = {12.6, 14.1, 15.9, 17.6};
        for (double loss : lowest) {
            curves.put("run " + loss, epochs(Optional.empty(), 102.5 - loss, 30 + loss, loss));
        }

        BufferedImage image = ImageIO.read(new ByteArrayInputStream(Curves.overlaid(curves)));

        List<Integer> missing = new ArrayList<>();
        for (int run = 0; run < curves.size(); run++) {
            if (!shows(image, Curves.RUNS.get(run).getRGB())) {
                missing.add(run);
            }
        }
        assertThat(missing).isEmpty();
    }

    private static boolean shows(BufferedImage image, int color) {
        for (int y = 0; y < ABOVE_LEGEND; y++) {
            for (int x = 0; x < LOSS_WIDTH; x++) {
                if (image.getRGB(x, y) == color) {
                    return true;
                }
            }
        }
        return false;
    }

    @Test
    void a_run_that_keeps_an_average_is_marked_where_its_figures_are_those_of_the_average() throws IOException {
        RunFolder plain = run("plain", epochs(Optional.empty(), 3, 2, 1));
        RunFolder averaged = run("averaged", epochs(Optional.of(new EpochResult.Ema(4, 4.17, 20)), 3, 2, 1));
        Map<RunFolder, Costs> costs = new LinkedHashMap<>();
        costs.put(plain, new Costs(1, 1, 1));
        costs.put(averaged, new Costs(1, 1, 1));
        Comparison comparison = new Comparison(costs);

        assertThat(comparison.rows().get(0).cells()).contains("raw", "18.75 %").doesNotContain("EMA");
        assertThat(comparison.rows().get(1).cells()).contains("EMA", "4.17 %").doesNotContain("raw");
        assertThat(comparison.rows()).allSatisfy(row -> assertThat(row.cells()).hasSameSizeAs(Comparison.HEADS));
        Path page = runs.resolve("page.html");
        comparison.writeTo(page);
        assertThat(Files.readString(page)).contains("<td>EMA</td>", "<td>raw</td>");
        assertThat(Curves.named("1. run", epochs(Optional.of(new EpochResult.Ema(4, 4, 20)), 3)))
                .isEqualTo("1. run (EMA)");
    }
}
