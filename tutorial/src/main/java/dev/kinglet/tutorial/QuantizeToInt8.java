package dev.kinglet.tutorial;

import dev.kinglet.infer.Int8Report;
import dev.kinglet.toolkit.Export;
import dev.kinglet.toolkit.Export.Int8;
import java.nio.file.Path;

/**
 * Example 7: a trained network as an int8-quantized file, about a quarter of the size, and what that costs in accuracy on
 * images that were not used for calibration. Arguments: {@code RUN IMAGES OUT.onnx}; RUN may be a {@code .safetensors} file.
 */
final class QuantizeToInt8 {
    private QuantizeToInt8() {}

    public static void main(String[] args) throws Exception {
        Int8 calibrated = Int8.calibratedOn(Path.of(args[1])); // on 128 of them
        Int8Report report = Export.of(Path.of(args[0])).toInt8(Path.of(args[2]), calibrated);
        System.out.printf("%d bytes, %d as float32%n", report.bytes(), report.floatBytes());
        System.out.printf("the same best class for %.1f %%%n", report.fidelity().agreement());
        report.fidelity().after().ifPresent(top1 -> System.out.printf("top-1 %.1f %%%n", top1));
    }
}
