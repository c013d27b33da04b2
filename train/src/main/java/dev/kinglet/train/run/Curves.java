package dev.kinglet.train.run;

import dev.kinglet.train.metrics.Csv;
import dev.kinglet.train.metrics.EpochResult;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.ToDoubleFunction;
import javax.imageio.ImageIO;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.AxesChartStyler;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.XYStyler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** The curves of a run as one image: loss on the left, accuracy on the right, over epochs. */
final class Curves {
    private static final int PANEL_WIDTH = 800;
    private static final int HEIGHT = 560;
    private static final Color STEP = new Color(0xCBD2DB);
    private static final Color TRAIN = new Color(0x8A94A3);
    private static final Color TOP1 = new Color(0x1F5FA8);
    private static final Color TOP5 = new Color(0x2E9E6B);
    private static final Color AVERAGE = new Color(0xC2571A);
    static final List<Color> RUNS = List.of(
            TOP1,
            AVERAGE,
            TOP5,
            new Color(0x7A4FA3),
            new Color(0xB8860B),
            new Color(0xA83250),
            new Color(0x3A8FA8),
            TRAIN);
    private static final Color INK = new Color(0x22262B);
    private static final Color GRID = new Color(0xE3E6EA);
    private static final int FEWEST_EPOCHS_WITHOUT_MARKERS = 40;

    private Curves() {}

    /** The image, PNG. */
    static byte[] png(String title, List<EpochResult> epochs, List<LoggedStep> steps) {
        XYChart loss = lossChart(title + ": loss", LossAxis.limit(epochs), LossAxis.highest(epochs));
        addSteps(loss, steps);
        add(loss, "training", TRAIN, epochs, EpochResult::trainLoss);
        add(loss, "validation", TOP1, epochs, EpochResult::valLoss);
        add(
                loss,
                "EMA validation",
                AVERAGE,
                epochs,
                epoch -> epoch.ema().map(EpochResult.Ema::valLoss).orElse(Double.NaN));
        XYChart accuracy = chart("accuracy in %");
        accuracy.getStyler().setYAxisMax(100.0);
        add(accuracy, "training top-1", TRAIN, epochs, EpochResult::trainTop1);
        add(accuracy, "validation top-1", TOP1, epochs, EpochResult::valTop1);
        add(accuracy, "validation top-5", TOP5, epochs, EpochResult::valTop5);
        add(
                accuracy,
                "EMA top-1",
                AVERAGE,
                epochs,
                epoch -> epoch.ema().map(EpochResult.Ema::valTop1).orElse(Double.NaN));
        return png(loss, accuracy);
    }

    /** The validation curves of several runs over each other, PNG; by the average of the weights, where one is kept. */
    static byte[] overlaid(Map<String, List<EpochResult>> runs) {
        XYChart loss = lossChart("validation loss", LossAxis.limit(runs.values()), LossAxis.highest(runs.values()));
        XYChart accuracy = chart("validation top-1 in %");
        accuracy.getStyler().setYAxisMax(100.0);
        int number = 0;
        for (Map.Entry<String, List<EpochResult>> run : runs.entrySet()) {
            Color color = RUNS.get(number % RUNS.size());
            number++;
            String name = named(number + ". " + run.getKey(), run.getValue()); // a name is given to one series only
            add(loss, name, color, run.getValue(), EpochResult::chosenLoss);
            add(accuracy, name, color, run.getValue(), EpochResult::chosenTop1);
        }
        loss.getStyler().setLegendLayout(Styler.LegendLayout.Vertical);
        accuracy.getStyler().setLegendLayout(Styler.LegendLayout.Vertical);
        return png(loss, accuracy);
    }

    /** The name of a run's curve, which says so where it is that of the average of the weights. */
    static String named(String name, List<EpochResult> epochs) {
        return epochs.stream().anyMatch(epoch -> epoch.ema().isPresent()) ? name + " (EMA)" : name;
    }

    /** Two charts side by side. */
    static byte[] png(XYChart left, XYChart right) {
        BufferedImage image = new BufferedImage(2 * PANEL_WIDTH, HEIGHT, BufferedImage.TYPE_INT_RGB);
        Graphics2D g = image.createGraphics();
        left.paint(g, PANEL_WIDTH, HEIGHT);
        g.translate(PANEL_WIDTH, 0);
        right.paint(g, PANEL_WIDTH, HEIGHT);
        g.dispose();
        ByteArrayOutputStream png = new ByteArrayOutputStream();
        try {
            ImageIO.write(image, "png", png);
        } catch (IOException e) {
            throw new UncheckedIOException(e); // memory has nothing to fail with
        }
        return png.toByteArray();
    }

    /** A chart of losses, which says so where few high values are cut off for the rest to be seen. */
    private static XYChart lossChart(String title, OptionalDouble limit, double highest) {
        if (limit.isEmpty()) {
            return chart(title);
        }
        XYChart chart = chart(title + " (axis ends at " + Csv.decimal(limit.getAsDouble(), 1) + ", highest value "
                + Csv.decimal(highest, 1) + ")");
        chart.getStyler().setYAxisMax(limit.getAsDouble());
        return chart;
    }

    private static XYChart chart(String title) {
        return chart(title, "epoch (from 0)");
    }

    /** A chart in the manner of all, without lines. */
    static XYChart chart(String title, String xAxisTitle) {
        XYChart chart = new XYChartBuilder()
                .width(PANEL_WIDTH)
                .height(HEIGHT)
                .title(title)
                .xAxisTitle(xAxisTitle)
                .build();
        XYStyler styler = chart.getStyler();
        Font plain = new Font(Font.SANS_SERIF, Font.PLAIN, 15);
        styler.setChartTitleFont(new Font(Font.SANS_SERIF, Font.BOLD, 19))
                .setLegendFont(plain)
                .setLegendPosition(Styler.LegendPosition.OutsideS)
                .setLegendLayout(Styler.LegendLayout.Horizontal)
                .setLegendBorderColor(GRID)
                .setChartBackgroundColor(Color.WHITE)
                .setPlotBackgroundColor(Color.WHITE)
                .setPlotBorderColor(GRID)
                .setChartFontColor(INK)
                .setChartTitleBoxVisible(false)
                .setChartTitlePadding(12)
                .setChartPadding(18)
                .setMarkerSize(7);
        styler.setAxisTitleFont(plain)
                .setAxisTickLabelsFont(plain.deriveFont(13f))
                .setAxisTickLabelsColor(INK)
                .setPlotGridLinesColor(GRID)
                .setPlotGridLinesStroke(new BasicStroke(1))
                .setYAxisTitleVisible(false)
                .setXAxisDecimalPattern("0")
                .setYAxisMin(0.0)
                .setYAxisLabelAlignment(AxesChartStyler.TextAlignment.Right);
        return chart;
    }

    /** A thin line through the logged steps; the mean of an epoch stands in the middle of its steps. */
    private static void addSteps(XYChart chart, List<LoggedStep> steps) {
        List<LoggedStep> finite =
                steps.stream().filter(step -> Double.isFinite(step.loss())).toList();
        if (finite.isEmpty()) {
            return;
        }
        XYSeries series = chart.addSeries(
                "training, logged steps",
                finite.stream().mapToDouble(step -> step.epoch() - 0.5).toArray(),
                finite.stream().mapToDouble(LoggedStep::loss).toArray());
        series.setLineColor(STEP).setLineStyle(new BasicStroke(1.2f));
        series.setMarker(SeriesMarkers.NONE);
    }

    /** A line through the epochs whose value is finite; no line if there are none. */
    private static void add(
            XYChart chart, String name, Color color, List<EpochResult> epochs, ToDoubleFunction<EpochResult> value) {
        List<EpochResult> finite = epochs.stream()
                .filter(epoch -> Double.isFinite(value.applyAsDouble(epoch)))
                .toList();
        if (finite.isEmpty()) {
            return;
        }
        XYSeries series = chart.addSeries(
                name,
                finite.stream().mapToDouble(EpochResult::epoch).toArray(),
                finite.stream().mapToDouble(value).toArray());
        series.setLineColor(color).setLineStyle(new BasicStroke(2.4f));
        series.setMarkerColor(color)
                .setMarker(finite.size() < FEWEST_EPOCHS_WITHOUT_MARKERS ? SeriesMarkers.CIRCLE : SeriesMarkers.NONE);
    }
}
