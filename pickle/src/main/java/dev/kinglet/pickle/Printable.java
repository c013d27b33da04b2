package dev.kinglet.pickle;

/** Text from a file, made fit for a message. */
public final class Printable {
    private static final int LONGEST = 100;

    private Printable() {}

    /** At most a hundred characters, on one line; what a terminal would obey becomes a question mark. */
    public static String of(String text) {
        String start = text.length() > LONGEST ? text.substring(0, LONGEST) + "..." : text;
        return start.replaceAll("\\p{C}|\\p{Zl}|\\p{Zp}", "?");
    }
}
