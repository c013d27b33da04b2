package dev.kinglet.models;

import dev.kinglet.infer.CalibrationMethod;
import dev.kinglet.infer.Classifier;
import dev.kinglet.network.Card;
import dev.kinglet.network.Model;
import dev.kinglet.toolkit.Export;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/**
 * Makes the artifact's file of a run: int8-quantized, calibrated on training images, with the accuracy on the 10,000 test
 * images in its card, in place of the run's own figure. Arguments: {@code RUN CIFAR10-PNG OUTPUT.onnx}.
 */
final class MakeCifar10 {
    private static final int CALIBRATION_IMAGES = 1024;

    private MakeCifar10() {}

    public static void main(String[] args) throws IOException {
        Path data = Path.of(args[1]);
        Path output = Path.of(args[2]);
        Model model = Export.of(Path.of(args[0])).model();
        Export.Int8 quantization = new Export.Int8(
                data.resolve("train"), CalibrationMethod.PERCENTILE, CALIBRATION_IMAGES, Optional.empty());
        System.out.println(Export.of(model).toInt8(output, quantization));
        double top1;
        try (Classifier classifier = Classifier.open(output)) {
            top1 = TestImages.of(data.resolve("test")).top1(classifier);
        }
        System.out.println("top-1 " + top1 + " %");
        Card card = model.card().with(Card.TOP1, String.format(Locale.ROOT, "%.2f", top1));
        Export.of(model.withCard(card)).toInt8(output, quantization);
    }
}
