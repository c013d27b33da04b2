package dev.kinglet.cli.analysis;

import dev.kinglet.base.Plural;
import dev.kinglet.cli.console.Console;
import dev.kinglet.cli.console.DecodingChoice;
import dev.kinglet.cli.console.Interruption;
import dev.kinglet.cli.console.Json;
import dev.kinglet.toolkit.Embedder;
import dev.kinglet.toolkit.Machine;
import dev.kinglet.toolkit.Predictor;
import dev.kinglet.toolkit.TrainedModel;
import dev.kinglet.toolkit.embedding.EmbeddingTable;
import dev.kinglet.toolkit.embedding.ImageSource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kinglet embed}. */
@Command(
        name = "embed",
        description = {
            "Write the embeddings of images: the features that a network's last linear layer reads, one row per image.",
            "An image that cannot be read is named and left out, and the exit status is 1."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  kinglet export latest --embeddings --output birds.onnx",
            "  kinglet embed birds.onnx photos --output photos.npy               and photos.txt, their paths",
            "  kinglet embed latest photos --output photos.csv --normalize"
        })
final class EmbedCommand implements Callable<Integer> {
    private final Console console;

    @Parameters(
            index = "0",
            paramLabel = "MODEL",
            description =
                    "An .onnx file that was exported with --embeddings, a run's folder, a .safetensors file, or latest.")
    private Path model = Path.of("");

    @Parameters(
            index = "1..*",
            arity = "1..*",
            paramLabel = "IMAGE",
            description = "Folders of images at any depth, or images.")
    private List<Path> images = List.of();

    @Option(
            names = "--output",
            required = true,
            paramLabel = "FILE",
            description =
                    "The file to write, .npy (float32, with the paths in a .txt beside it) or .csv; replaced if it exists.")
    private Path output = Path.of("");

    @Option(names = "--normalize", description = "Divide each row by its length (L2 norm).")
    private boolean normalize;

    @Mixin
    private DecodingChoice decoding = new DecodingChoice();

    @Option(names = "--threads", paramLabel = "N", description = "Compute threads (default: all processors).")
    private int threads = Machine.processors();

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    EmbedCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        EmbeddingTable.requireEnding(output);
        List<Path> files = Predictor.images(images);
        int[] skipped = new int[1];
        EmbeddingTable table;
        try (TrainedModel trained = TrainedModel.open(model, threads)) {
            ImageSource source =
                    ImageSource.of(files, decoding.decoder(trained.card().preprocessing()));
            table = new Embedder(trained, Interruption::isRequested).embed(source, image -> {
                skipped[0]++;
                console.error(image.reason());
            });
        }
        (normalize ? table.normalized() : table).write(output);
        if (json) {
            console.result(Json.page(Json.object()
                    .put("file", output.toString())
                    .put("images", table.size())
                    .put("features", table.features())
                    .put("skipped", skipped[0])));
        } else {
            console.result("%s: %s of %d features", output, Plural.of(table.size(), "image"), table.features());
        }
        return skipped[0] == 0 ? 0 : 1;
    }
}
