package dev.kinglet.base;

/** Numbers with their nouns: {@code 1 image}, {@code 2 images}, {@code 3 classes}, {@code 4 batches}, {@code 5 epochs}. */
public final class Plural {
    private Plural() {}

    /** The number and the noun, which is given in its singular and must have a regular plural. */
    public static String of(long count, String noun) {
        if (count == 1) {
            return "1 " + noun;
        }
        boolean soft = noun.endsWith("ch") && !noun.endsWith("epoch"); // its ch is a k
        boolean sibilant = soft || noun.endsWith("s") || noun.endsWith("x") || noun.endsWith("sh");
        return count + " " + noun + (sibilant ? "es" : "s");
    }
}
