package dev.kinglet.train.run;

import java.util.Base64;
import java.util.List;
import java.util.Optional;
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

    /** An image, PNG or JPEG, under a heading; nothing where there is none. */
    static String figure(String heading, String text, byte @Nullable [] image) {
        return image == null ? "" : "<h2>" + heading + "</h2>\n<div class=\"full\">" + image(text, image) + "</div>\n";
    }

    /**
     * Small images in rows.
     *
     * @param image of each, PNG or JPEG; some may be absent
     * @param caption of each, HTML
     */
    static <T> String gallery(List<T> items, Function<T, Optional<byte[]>> image, Function<T, String> caption) {
        return items.stream()
                .map(item -> "<figure>"
                        + image.apply(item).map(bytes -> image("", bytes)).orElse("")
                        + "<figcaption>" + caption.apply(item) + "</figcaption></figure>\n")
                .collect(Collectors.joining("", "<div class=\"gallery\">\n", "</div>\n"));
    }

    /** An image, PNG or JPEG, inside the page. */
    static String image(String text, byte[] image) {
        return "<img alt=\"" + escaped(text) + "\" src=\"" + data(image) + "\">";
    }

    private static String data(byte[] image) {
        String type = image.length > 0 && image[0] == (byte) 0xff ? "jpeg" : "png"; // a PNG begins with 0x89
        return "data:image/" + type + ";base64," + Base64.getEncoder().encodeToString(image);
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

    static String strong(String text) {
        return "<td><b>" + escaped(text) + "</b></td>";
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
            .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(128px, 1fr)); gap: 12px; }
            .tiles div { background: #f4f5f7; border-radius: 8px; padding: 12px 14px; overflow-wrap: anywhere; }
            .tiles b { display: block; font-size: 22px; white-space: nowrap; }
            .tiles span { color: #5b6470; font-size: 14px; }
            .warning { background: #fdf1e3; border-radius: 8px; padding: 10px 16px; }
            .wide { overflow-x: auto; }
            .full { text-align: center; }
            .full img { max-width: 100%; height: auto; }
            .gallery { display: grid; grid-template-columns: repeat(auto-fill, minmax(128px, 1fr)); gap: 16px; font-size: 13px; }
            .gallery figure { margin: 0; overflow-wrap: anywhere; line-height: 1.35; }
            .gallery img { display: block; width: 128px; height: 128px; object-fit: contain; image-rendering: pixelated; margin-bottom: 6px; }
            .gallery figcaption img { margin: 10px 0 4px; }
            .gallery .wrong { color: #c8371b; font-weight: 600; }
            .gallery small { display: block; color: #5b6470; font-size: 12px; }
            pre { background: #f4f5f7; border-radius: 8px; padding: 12px 16px; white-space: pre-wrap; overflow-wrap: anywhere; font-size: 14px; }
            pre span { white-space: nowrap; }
            table { border-collapse: collapse; width: 100%; font-size: 14px; }
            th { text-align: left; color: #5b6470; font-weight: 600; }
            th, td { padding: 4px 14px 4px 0; border-bottom: 1px solid #e3e6ea; vertical-align: top; }
            .number { font-variant-numeric: tabular-nums; white-space: nowrap; }
            .bar { width: 30%; vertical-align: middle; }
            .bar i { display: block; height: 10px; border-radius: 5px; background: #1f5fa8; }
            @media (max-width: 640px) {
            main { padding: 20px 16px 40px; }
            .full { overflow-x: auto; text-align: left; }
            .full img { max-width: 860px; }
            th, td { padding-right: 8px; }
            }
            @media print { body { background: #fff; } main { max-width: none; padding: 0; } }
            </style></head><body><main>
            """;
}
