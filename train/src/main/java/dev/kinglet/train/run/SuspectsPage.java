package dev.kinglet.train.run;

import dev.kinglet.base.Plural;
import dev.kinglet.data.Dataset;
import dev.kinglet.image.ImageException;
import dev.kinglet.train.metrics.Csv;
import dev.kinglet.train.suspects.ConfidentLearning;
import dev.kinglet.train.suspects.Suspect;
import java.util.List;
import java.util.Optional;

/**
 * A page of the images whose labels are likely wrong, the most suspicious first; it needs no other file.
 *
 * @param title of the page
 * @param images that the suspects are of, by index
 * @param scored how many images were scored
 * @param found suspects among them
 */
public record SuspectsPage(String title, Dataset images, int scored, ConfidentLearning found) {
    private static final int PAIRS = 30;

    /** @param most images that are shown, which the page has to carry */
    public String toHtml(int most) {
        List<Suspect> suspects = found.suspects();
        List<Suspect> shown = suspects.subList(0, Math.min(most, suspects.size()));
        StringBuilder page = new StringBuilder("<h1>")
                .append(Html.escaped(title))
                .append("</h1>\n<p class=\"lead\">Labels that are likely wrong, by confident learning on ")
                .append(Plural.of(scored, "image"))
                .append(" of ")
                .append(Plural.of(images.labels().size(), "class"))
                .append(".</p>\n<div class=\"tiles\">\n<div><b>")
                .append(suspects.size())
                .append("</b><span>suspects</span></div>\n<div><b>")
                .append(Csv.decimal(100.0 * suspects.size() / scored, 2))
                .append(" %</b><span>of the images</span></div>\n<div><b>")
                .append(Math.round(found.estimate()))
                .append("</b><span>wrong labels in all, estimated</span></div>\n</div>\n");
        if (suspects.isEmpty()) {
            return Html.page(title, page.append("<p>No label is suspect.</p>\n").toString());
        }
        page.append("<h2>Suspects</h2>\n<p>")
                .append(shown.size() == suspects.size() ? "All, the" : "The first " + shown.size() + ", the")
                .append(" most suspicious first: the likely class with its score, and the label with its own.</p>\n")
                .append(Html.gallery(shown, this::thumbnail, this::caption));
        List<ConfidentLearning.Pair> pairs = found.pairs();
        return Html.page(
                title,
                page.append("<h2>By class</h2>\n")
                        .append(Html.table(
                                List.of("label", "likely", "images"),
                                pairs.subList(0, Math.min(PAIRS, pairs.size())),
                                pair -> Html.text(label(pair.label()))
                                        + Html.text(label(pair.likely()))
                                        + Html.number(Integer.toString(pair.images()))))
                        .append(
                                pairs.size() > PAIRS
                                        ? "<p>The " + PAIRS + " most frequent pairs of " + pairs.size() + ".</p>\n"
                                        : "")
                        .toString());
    }

    private String label(int index) {
        return images.labels().get(index);
    }

    private Optional<byte[]> thumbnail(Suspect suspect) {
        try {
            return Optional.of(ImageGrid.thumbnail(images.image(suspect.image())));
        } catch (ImageException e) {
            return Optional.empty(); // can no longer be read
        }
    }

    private String caption(Suspect suspect) {
        return "<span class=\"wrong\">" + Html.escaped(label(suspect.likely())) + "</span> "
                + Csv.decimal(100 * suspect.likelyScore(), 1) + "&nbsp;%<br>label: "
                + Html.escaped(label(suspect.label()))
                + " " + Csv.decimal(100 * suspect.labelScore(), 1) + "&nbsp;%<small>"
                + Html.escaped(images.name(suspect.image())) + "</small>";
    }
}
