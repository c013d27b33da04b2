package dev.kinglet.train.run;

import java.util.Map;

/** The loop's entries of a checkpoint, by their types. An entry that is missing or malformed is named. */
record SavedState(Map<String, String> entries) {
    SavedState {
        entries = Map.copyOf(entries);
    }

    String text(String key) {
        String value = entries.get(key);
        if (value == null) {
            throw new IllegalArgumentException("the checkpoint's '" + key + "' is missing");
        }
        return value;
    }

    long whole(String key) {
        try {
            return Long.parseLong(text(key));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("the checkpoint's '" + key + "' is no whole number", e);
        }
    }

    double decimal(String key) {
        try {
            return Double.parseDouble(text(key));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("the checkpoint's '" + key + "' is no number", e);
        }
    }
}
