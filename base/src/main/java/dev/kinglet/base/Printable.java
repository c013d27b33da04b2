package dev.kinglet.base;

/** Text from a file, made fit for a message. */
public final class Printable {
    private static final int MAX_LENGTH = 100;

    private Printable() {}

    /** At most a hundred characters, on one line; what a terminal would obey becomes a question mark. */
    public static String of(String text) {
        String start = text.length() > MAX_LENGTH ? text.substring(0, MAX_LENGTH) + "..." : text;
        return start.replaceAll("\\p{C}|\\p{Zl}|\\p{Zp}", "?");
    }
}
