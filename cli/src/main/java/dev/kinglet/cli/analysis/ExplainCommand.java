package dev.kinglet.cli.analysis;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kinglet.base.Choice;
import dev.kinglet.base.Plural;
import dev.kinglet.cli.console.Console;
import dev.kinglet.cli.console.Interruption;
import dev.kinglet.cli.console.Json;
import dev.kinglet.image.explain.HeatMap;
import dev.kinglet.toolkit.Machine;
import dev.kinglet.toolkit.Predictor;
import dev.kinglet.toolkit.explain.ExplainedImage;
import dev.kinglet.toolkit.explain.ExplanationFolder;
import dev.kinglet.toolkit.explain.ImageExplainer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kinglet explain}. */
@Command(
        name = "explain",
        description = {
            "Show where in images a network finds a class: heat maps by CAM, Grad-CAM or occlusion.",
            "Writes one PNG per image and class, the image as the network sees it with the map over it. A file that cannot be"
                    + " read gets an error in its place; the others are explained, and the exit status is 1."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  kinglet explain birds.onnx photo.jpg --output maps",
            "  kinglet explain latest photos --output maps --contact-sheet            all images in a folder and below it",
            "  kinglet explain birds.onnx photo.jpg --output maps --class heron --json",
            "  kinglet explain runs/peleenet-20260101-120000 photo.jpg --output maps --method grad-cam"
        })
final class ExplainCommand implements Callable<Integer> {
    private final Console console;
    private final ArrayNode array = Json.array();
    private int errors;

    @Parameters(
            index = "0",
            paramLabel = "MODEL",
            description = "A run's folder, a .safetensors file, an .onnx file, or latest for the newest run.")
    private Path model = Path.of("");

    @Parameters(
            index = "1..*",
            arity = "1..*",
            paramLabel = "IMAGE",
            description = "Images (JPEG, PNG, GIF, BMP, WebP, TIFF), or folders of images at any depth.")
    private List<Path> images = List.of();

    @Option(names = "--output", paramLabel = "DIR", required = true, description = "Folder to write the PNG files to.")
    private Path output = Path.of("");

    @Option(
            names = "--class",
            paramLabel = "NAME|INDEX",
            description = "A class to show beside the predicted one; may be repeated.")
    private List<String> classes = List.of();

    @Option(
            names = "--method",
            paramLabel = "auto|cam|grad-cam|occlusion",
            description = {
                "cam: class activation maps, for heads of a global average pooling and one linear layer. grad-cam: for a"
                        + " run or a .safetensors file. occlusion: for any network, with 196 more runs per image. auto: the"
                        + " first of these that the model allows (default: auto)."
            })
    private ImageExplainer.Method method = ImageExplainer.Method.AUTO;

    @Option(names = "--contact-sheet", description = "Also write one page with all maps, contact-sheet.png.")
    private boolean contactSheet;

    @Option(names = "--json", description = "Print the maps as one JSON array of numbers.")
    private boolean json;

    @Option(names = "--threads", paramLabel = "N", description = "Compute threads (default: all processors).")
    private int threads = Machine.processors();

    ExplainCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        if (threads < 1) {
            throw new IllegalArgumentException("--threads is at least 1, not " + threads);
        }
        List<Path> files = Predictor.images(images);
        ExplanationFolder folder = new ExplanationFolder(output, files.size());
        try (ImageExplainer explainer = ImageExplainer.open(model, method, threads)) {
            List<Integer> further = classes.stream().map(explainer::classIndex).toList();
            console.note("Method: %s", Choice.name(explainer.method()));
            explainer.explain(files, further, Interruption::isRequested, explained -> {
                folder.write(explained);
                explained.forEach(image -> print(image, folder, explainer.method()));
            });
            if (contactSheet) {
                writeContactSheet(folder, explainer);
            }
        }
        if (json) {
            console.result(Json.line(array));
        }
        return errors == 0 ? 0 : 1;
    }

    private void writeContactSheet(ExplanationFolder folder, ImageExplainer explainer) throws IOException {
        String title = explainer.card().model() + ", " + Choice.name(explainer.method());
        folder.writeContactSheet(title)
                .ifPresent(page -> console.note(
                        "Contact sheet: %s%s",
                        page.file(),
                        page.leftOut() == 0
                                ? ""
                                : "; it has room for " + ExplanationFolder.MAX_CELLS + " maps, without "
                                        + Plural.of(page.leftOut(), "other")));
    }

    private void print(ExplainedImage image, ExplanationFolder folder, ImageExplainer.Method used) {
        if (json) {
            array.add(object(image, folder, used));
        }
        if (!image.isExplained()) {
            errors++;
            console.error(image.error());
        } else if (!json) {
            for (int i = 0; i < image.maps().size(); i++) {
                ExplainedImage.ClassMap map = image.maps().get(i);
                console.result(String.format(
                        Locale.ROOT,
                        "%s: %s %.2f %% -> %s",
                        image.source(),
                        map.score().label(),
                        100 * map.score().score(),
                        folder.file(image, i)));
            }
        }
    }

    private static ObjectNode object(ExplainedImage image, ExplanationFolder folder, ImageExplainer.Method used) {
        ObjectNode object = Json.object().put("file_name", image.source().toString());
        if (!image.isExplained()) {
            return object.put("error", image.error());
        }
        object.put("method", Choice.name(used));
        ArrayNode maps = object.putArray("maps");
        for (int i = 0; i < image.maps().size(); i++) {
            ExplainedImage.ClassMap map = image.maps().get(i);
            ObjectNode one = maps.addObject()
                    .put("class_id", map.score().index())
                    .put("label_name", map.score().label())
                    .put("score", map.score().score())
                    .put("output", folder.file(image, i).toString());
            rows(one.putArray("map"), map.map());
        }
        return object;
    }

    private static void rows(ArrayNode rows, HeatMap map) {
        IntStream.range(0, map.height()).forEach(row -> {
            ArrayNode values = rows.addArray();
            IntStream.range(0, map.width()).forEach(column -> values.add(map.at(row, column)));
        });
    }
}
