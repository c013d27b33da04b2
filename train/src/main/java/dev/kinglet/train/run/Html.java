package dev.kinglet.train.run;

import java.util.Base64;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Parts of a page that needs no other file. */
final class Html {
    private Html() {}

    /** A page with a title and, between head and end, what is given. */
    static String page(String title, String content) {
        return HEAD.replace("{{title}}", escaped(title)) + content + "</main></body></html>\n";
    }

    /** An image under a heading; nothing where there is none. */
    static String figure(String heading, String text, byte @Nullable [] png) {
        return png == null
                ? ""
                : "<h2>" + heading + "</h2>\n<div class=\"full\"><img alt=\"" + text + "\" src=\"data:image/png;base64,"
                        + Base64.getEncoder().encodeToString(png) + "\"></div>\n";
    }

    /** Rows under heads; {@code cells} gives the cells of a row. */
    static <T> String table(List<String> heads, List<T> rows, Function<T, String> cells) {
        return heads.stream().map(Html::escaped).collect(Collectors.joining("</th><th>", TABLE, "</th></tr>\n"))
                + rows.stream()
                        .map(row -> "<tr>" + cells.apply(row) + "</tr>\n")
                        .collect(Collectors.joining())
                + "</table></div>\n";
    }

    static String text(String text) {
        return "<td>" + escaped(text) + "</td>";
    }

    static String number(String text) {
        return "<td class=\"number\">" + text + "</td>";
    }

    /** Text with the characters that HTML gives a meaning. */
    static String escaped(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }

    private static final String TABLE = "<div class=\"wide\"><table><tr><th>";

    private static final String HEAD = """
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>{{title}}</title>
            <style>
            body { margin: 0; overflow-x: hidden; background: #f4f5f7; color: #22262b; font: 16px/1.5 system-ui, sans-serif; }
            main { max-width: 1080px; margin: 0 auto; padding: 32px 40px 64px; background: #fff; }
            h1 { font-size: 28px; margin: 0; overflow-wrap: anywhere; }
            h2 { font-size: 19px; margin: 40px 0 12px; }
            .lead { color: #5b6470; margin: 4px 0 24px; }
            .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; }
            .tiles div { background: #f4f5f7; border-radius: 8px; padding: 12px 16px; }
            .tiles b { display: block; font-size: 24px; }
            .tiles span { color: #5b6470; font-size: 14px; }
            .warning { background: #fdf1e3; border-radius: 8px; padding: 10px 16px; }
            .wide { overflow-x: auto; }
            .full { margin: 0 calc(50% - 50vw + 16px); text-align: center; }
            .full img { max-width: 100%; height: auto; }
            table { border-collapse: collapse; width: 100%; font-size: 14px; }
            th { text-align: left; color: #5b6470; font-weight: 600; }
            th, td { padding: 4px 14px 4px 0; border-bottom: 1px solid #e3e6ea; vertical-align: top; }
            .number { font-variant-numeric: tabular-nums; white-space: nowrap; }
            .bar { width: 30%; vertical-align: middle; }
            .bar i { display: block; height: 10px; border-radius: 5px; background: #1f5fa8; }
            @media print { body { background: #fff; } main { max-width: none; padding: 0; } .full { margin: 0; } }
            </style></head><body><main>
            """;
}
