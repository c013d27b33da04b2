package dev.kinglet.base;

/** Numbers of things, as sentences have them. */
public final class Count {
    private Count() {}

    /** {@code 1 image}, {@code 2 images}, {@code 3 classes}, {@code 4 batches}; the word in the singular. */
    public static String of(long count, String word) {
        if (count == 1) {
            return "1 " + word;
        }
        boolean hisses = word.endsWith("s") || word.endsWith("x") || word.endsWith("ch") || word.endsWith("sh");
        return count + " " + word + (hisses ? "es" : "s");
    }
}
