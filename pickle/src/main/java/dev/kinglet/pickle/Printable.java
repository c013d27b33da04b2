package dev.kinglet.pickle;

/** Text from a file, made fit for a message. */
final class Printable {
    private static final int LONGEST = 100;

    private Printable() {}

    /** At most a hundred characters, on one line; what a terminal would obey becomes a question mark. */
    static String of(String text) {
        String start = text.length() > LONGEST ? text.substring(0, LONGEST) + "..." : text;
        return start.replaceAll("[^\\x20-\\x7e]", "?");
    }
}
