package dev.kinglet.train.run;

import dev.kinglet.train.calibration.Reliability;
import dev.kinglet.train.calibration.TemperatureScaling;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** The entries of a checkpoint that keep the temperature of the best epoch, to the last digit. */
final class SavedScaling {
    private static final String TEMPERATURE = "best_temperature";
    private static final String LOSS_BEFORE = "best_temperature_loss_before";
    private static final String LOSS = "best_temperature_loss";
    private static final String BINS_BEFORE = "best_temperature_bins_before";
    private static final String BINS = "best_temperature_bins";

    private SavedScaling() {}

    static void put(TemperatureScaling scaling, Map<String, String> state) {
        state.put(TEMPERATURE, Double.toString(scaling.temperature()));
        state.put(LOSS_BEFORE, Double.toString(scaling.lossBefore()));
        state.put(LOSS, Double.toString(scaling.loss()));
        state.put(BINS_BEFORE, encoded(scaling.before()));
        state.put(BINS, encoded(scaling.after()));
    }

    /** Empty where the checkpoint has none. */
    static Optional<TemperatureScaling> of(SavedState state) {
        if (!state.entries().containsKey(TEMPERATURE)) {
            return Optional.empty();
        }
        Reliability before = reliability(state, BINS_BEFORE);
        return Optional.of(new TemperatureScaling(
                state.decimal(TEMPERATURE),
                before.images(),
                state.decimal(LOSS_BEFORE),
                state.decimal(LOSS),
                before,
                reliability(state, BINS)));
    }

    /** Images, confidence and accuracy of each bin. */
    private static String encoded(Reliability reliability) {
        return reliability.bins().stream()
                .map(bin -> bin.images() + " " + bin.confidence() + " " + bin.accuracy())
                .collect(Collectors.joining(","));
    }

    private static Reliability reliability(SavedState state, String key) {
        String[] all = state.text(key).split(",", -1);
        List<Reliability.Bin> bins = new ArrayList<>();
        long images = 0;
        try {
            for (int b = 0; b < all.length; b++) {
                String[] figures = all[b].split(" ", -1);
                bins.add(new Reliability.Bin(
                        (double) b / all.length,
                        (b + 1.0) / all.length,
                        Long.parseLong(figures[0]),
                        Double.parseDouble(figures[1]),
                        Double.parseDouble(figures[2])));
                images += bins.get(b).images();
            }
        } catch (NumberFormatException | IndexOutOfBoundsException e) {
            throw new IllegalArgumentException("the checkpoint's '" + key + "' is no list of bins", e);
        }
        return new Reliability(bins, images);
    }
}
