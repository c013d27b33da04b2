package dev.kinglet.train.run;

import dev.kinglet.train.calibration.Reliability;
import dev.kinglet.train.calibration.TemperatureScaling;
import dev.kinglet.train.metrics.Csv;
import java.awt.BasicStroke;
import java.awt.Color;
import java.util.List;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** How often a network is right where its scores say so, before and after temperature scaling: an image and a table. */
final class ReliabilityDiagram {
    static final String PNG = "reliability.png";
    static final String CSV = "reliability.csv";

    private static final Color DIAGONAL = new Color(0xCBD2DB);
    private static final String HEADER =
            "from,to,images_before,confidence_before,accuracy_before,images,confidence,accuracy";

    private ReliabilityDiagram() {}

    /** On the left accuracy over confidence, where the diagonal is perfect; on the right how many images have such scores. */
    static byte[] png(TemperatureScaling scaling) {
        XYChart reliability = chart("Reliability: accuracy over score in %");
        reliability.getStyler().setYAxisMax(100.0);
        XYSeries diagonal =
                reliability.addSeries("as often right as scored", new double[] {0, 100}, new double[] {0, 100});
        diagonal.setLineColor(DIAGONAL).setLineStyle(new BasicStroke(1.6f));
        diagonal.setMarker(SeriesMarkers.NONE);
        XYChart images = chart("Images by score in %");
        add(reliability, images, "before", Curves.RUNS.get(1), scaling.before());
        add(reliability, images, "with the temperature", Curves.RUNS.get(0), scaling.after());
        return Curves.png(reliability, images);
    }

    private static XYChart chart(String title) {
        XYChart chart = Curves.chart(title, "highest score in %");
        chart.getStyler().setXAxisMin(0.0).setXAxisMax(100.0);
        return chart;
    }

    private static void add(XYChart accuracies, XYChart images, String name, Color color, Reliability reliability) {
        List<Reliability.Bin> filled =
                reliability.bins().stream().filter(bin -> bin.images() > 0).toList();
        draw(
                accuracies.addSeries(
                        name,
                        filled.stream()
                                .mapToDouble(bin -> 100 * bin.confidence())
                                .toArray(),
                        filled.stream().mapToDouble(bin -> 100 * bin.accuracy()).toArray()),
                color);
        draw(
                images.addSeries(
                        name,
                        reliability.bins().stream()
                                .mapToDouble(bin -> 50 * (bin.from() + bin.to()))
                                .toArray(),
                        reliability.bins().stream()
                                .mapToDouble(bin -> 100.0 * bin.images() / reliability.images())
                                .toArray()),
                color);
    }

    private static void draw(XYSeries series, Color color) {
        series.setLineColor(color).setLineStyle(new BasicStroke(2.4f));
        series.setMarkerColor(color).setMarker(SeriesMarkers.CIRCLE);
    }

    /** A line for each bin; confidence and accuracy are empty where a bin has no images. */
    static String csv(TemperatureScaling scaling) {
        StringBuilder csv = new StringBuilder(HEADER).append('\n');
        for (int b = 0; b < scaling.before().bins().size(); b++) {
            Reliability.Bin before = scaling.before().bins().get(b);
            csv.append(Csv.decimal(before.from(), 4)).append(',').append(Csv.decimal(before.to(), 4));
            append(csv, before);
            append(csv, scaling.after().bins().get(b));
            csv.append('\n');
        }
        return csv.toString();
    }

    private static void append(StringBuilder csv, Reliability.Bin bin) {
        csv.append(',').append(bin.images());
        for (double figure : new double[] {bin.confidence(), bin.accuracy()}) {
            csv.append(',').append(bin.images() == 0 ? "" : Csv.decimal(figure, 4));
        }
    }
}
