package dev.kinglet.train.metrics;

import dev.kinglet.train.distributed.ProcessGroup;
import java.io.IOException;

/**
 * Answers to the images of a data set, of which each process of a group has some. One sum over the processes gives all of them to
 * every process, which counts them in the order of the data: the same additions as where one process scores every image, so the
 * same figures to the last digit.
 */
final class SharedAnswers {
    private static final int FIELDS = 5; // truth, predicted class, score, loss, calibrated score
    private static final int TRUTHS_FROM = 2; // 0 is an image without an answer, 1 one of an unknown class

    private final ProcessGroup group;
    private final double[] values; // [image][field], then skipped images, then processes that were asked to stop

    /** No answers yet to so many images. */
    SharedAnswers(ProcessGroup group, int images) {
        this.group = group;
        this.values = new double[Math.addExact(Math.multiplyExact(FIELDS, images), 2)];
    }

    void add(Prediction prediction, int truth, boolean amongHighest) {
        int first = FIELDS * prediction.index();
        values[first] = truth == ClassMap.UNKNOWN ? 1 : TRUTHS_FROM + truth;
        values[first + 1] = 2.0 * prediction.predicted() + (amongHighest ? 1 : 0);
        values[first + 2] = prediction.score();
        values[first + 3] = prediction.loss();
        values[first + 4] = prediction.calibrated();
    }

    /**
     * Gives the answers of all processes to a tally.
     *
     * @param skipped images that this process could not use
     * @param stopped whether this process was asked to stop, so that its answers are not complete
     * @return skipped images of all processes; -1 if one of them was asked to stop, and nothing is counted
     */
    long count(Tally tally, long skipped, boolean stopped) throws IOException {
        values[values.length - 2] = skipped;
        values[values.length - 1] = stopped ? 1 : 0;
        group.sum(values);
        if (values[values.length - 1] > 0) {
            return -1;
        }
        for (int image = 0; image < values.length / FIELDS; image++) {
            int first = FIELDS * image;
            int truth = (int) values[first] - TRUTHS_FROM;
            if (values[first] > 0) {
                int answer = (int) values[first + 1];
                int predicted = answer / 2;
                boolean known = truth >= 0;
                tally.count(
                        new Prediction(
                                image,
                                predicted,
                                known && truth == predicted,
                                values[first + 2],
                                values[first + 4],
                                values[first + 3]),
                        known ? truth : ClassMap.UNKNOWN,
                        answer % 2 == 1);
            }
        }
        return (long) values[values.length - 2];
    }
}
