package dev.kinglet.infer;

import dev.kinglet.network.Logits;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Result of an int8 export.
 *
 * @param plain of the float32 file that was quantized, which is not written
 * @param floatBytes size of the file that a float32 export of the same model writes
 * @param bytes size of the int8 file
 * @param floatLayers names of the layers kept in float32
 * @param fidelity its agreement with the float32 file
 */
public record Int8Report(ExportReport plain, long floatBytes, long bytes, Set<String> floatLayers, Fidelity fidelity) {
    public Int8Report {
        floatLayers = new LinkedHashSet<>(floatLayers); // the worst first
    }

    /**
     * Agreement of a quantized file's logits with those of the float32 file it was made from.
     *
     * @param images how many were compared
     * @param sqnr signal-to-quantization-noise ratio in dB: the logits' variance over the mean square of the difference
     * @param agreement percentage of the images with the same best class
     * @param before top-1 accuracy of the float32 file in per cent, if the images' classes are known
     * @param after top-1 accuracy of the quantized file
     */
    public record Fidelity(int images, double sqnr, double agreement, OptionalDouble before, OptionalDouble after) {

        /**
         * @param expected {@code [images, classes]}
         * @param found the same
         * @param labels by image; if one is not known, none counts
         */
        static Fidelity of(float[] expected, float[] found, List<OptionalInt> labels) {
            int images = labels.size();
            int classes = expected.length / images;
            int same = 0;
            int right = 0;
            int stillRight = 0;
            for (int i = 0; i < images; i++) {
                int was = Logits.argmax(expected, i * classes, classes);
                int is = Logits.argmax(found, i * classes, classes);
                same += is == was ? 1 : 0;
                int label = labels.get(i).orElse(-1);
                right += was == label ? 1 : 0;
                stillRight += is == label ? 1 : 0;
            }
            boolean known = labels.stream().allMatch(OptionalInt::isPresent);
            return new Fidelity(
                    images,
                    10 * Math.log10(variance(expected) / noise(expected, found)),
                    100.0 * same / images,
                    known ? OptionalDouble.of(100.0 * right / images) : OptionalDouble.empty(),
                    known ? OptionalDouble.of(100.0 * stillRight / images) : OptionalDouble.empty());
        }

        private static double variance(float[] values) {
            double mean = 0;
            for (float value : values) {
                mean += (double) value / values.length;
            }
            double sum = 0;
            for (float value : values) {
                sum += (value - mean) * (value - mean);
            }
            return sum / values.length;
        }

        /** The mean square of the difference. */
        static double noise(float[] expected, float[] found) {
            double sum = 0;
            for (int i = 0; i < expected.length; i++) {
                double difference = (double) expected[i] - found[i];
                sum += difference * difference;
            }
            return sum / expected.length;
        }
    }
}
