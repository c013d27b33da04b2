package dev.kinglet.cli.analysis;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kinglet.base.FileNames;
import dev.kinglet.cli.console.Console;
import dev.kinglet.cli.console.DecodingChoice;
import dev.kinglet.cli.console.Interruption;
import dev.kinglet.cli.console.Json;
import dev.kinglet.image.ImageDecoder;
import dev.kinglet.toolkit.Embedder;
import dev.kinglet.toolkit.Machine;
import dev.kinglet.toolkit.Predictor;
import dev.kinglet.toolkit.TrainedModel;
import dev.kinglet.toolkit.embedding.CosineSearch;
import dev.kinglet.toolkit.embedding.EmbeddingTable;
import dev.kinglet.toolkit.embedding.ImageSource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kinglet similar}. */
@Command(
        name = "similar",
        description = {
            "Find the images of a folder that a network finds most similar to others, by the cosine of their embeddings.",
            "Every image is compared; there is no approximate index."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  kinglet similar birds.onnx bird.jpg photos",
            "  kinglet similar birds.onnx new/*.jpg photos.npy --topk 3 --json    photos.npy by kinglet embed"
        })
final class SimilarCommand implements Callable<Integer> {
    private final Console console;
    private int skipped;

    @Parameters(
            index = "0",
            paramLabel = "MODEL",
            description =
                    "An .onnx file that was exported with --embeddings, a run's folder, a .safetensors file, or latest.")
    private Path model = Path.of("");

    @Parameters(
            index = "1..*",
            arity = "2..*",
            paramLabel = "QUERY... DIR",
            hideParamSyntax = true,
            description =
                    "Images, or folders of them, and at last what is searched: a folder of images at any depth, or a"
                            + " .npy file that embed wrote by the same model.")
    private List<Path> images = List.of();

    @Option(names = "--topk", paramLabel = "K", description = "Images to find for each (default: ${DEFAULT-VALUE}).")
    private int topK = 5;

    @Mixin
    private DecodingChoice decoding = new DecodingChoice();

    @Option(names = "--threads", paramLabel = "N", description = "Compute threads (default: all processors).")
    private int threads = Machine.processors();

    @Option(names = "--json", description = "Print one JSON array.")
    private boolean json;

    SimilarCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        if (topK < 1) {
            throw new IllegalArgumentException("--topk is at least 1, not " + topK);
        }
        List<Path> files = Predictor.images(images.subList(0, images.size() - 1));
        Path searched = images.get(images.size() - 1);
        EmbeddingTable queries;
        EmbeddingTable table;
        try (TrainedModel trained = TrainedModel.open(model, threads)) {
            ImageDecoder decoder = decoding.decoder(trained.card().preprocessing());
            Embedder embedder = new Embedder(trained, Interruption::isRequested);
            queries = embed(embedder, files, decoder);
            table = FileNames.hasEnding(searched, ".npy")
                    ? EmbeddingTable.read(searched)
                    : embed(embedder, Predictor.images(searched), decoder);
        }
        List<List<CosineSearch.Neighbor>> found =
                CosineSearch.of(table).nearest(queries, topK + 1); // one more, for the query itself may be there
        ArrayNode array = Json.array();
        for (int query = 0; query < queries.size(); query++) {
            String name = queries.names().get(query);
            List<CosineSearch.Neighbor> others = found.get(query).stream()
                    .filter(neighbor -> !isSame(name, table.names().get(neighbor.row())))
                    .limit(topK)
                    .toList();
            if (json) {
                ObjectNode object = array.addObject().put("file_name", name);
                ArrayNode similar = object.putArray("similar");
                for (CosineSearch.Neighbor neighbor : others) {
                    similar.addObject()
                            .put("file_name", table.names().get(neighbor.row()))
                            .put("similarity", neighbor.similarity());
                }
            } else {
                console.result(name + (others.isEmpty() ? ": " + searched + " has no other image" : ""));
                for (CosineSearch.Neighbor neighbor : others) {
                    console.result(String.format(
                            Locale.ROOT,
                            "  %.4f  %s",
                            neighbor.similarity(),
                            table.names().get(neighbor.row())));
                }
            }
        }
        if (json) {
            console.result(Json.page(array));
        }
        return skipped == 0 ? 0 : 1;
    }

    private EmbeddingTable embed(Embedder embedder, List<Path> files, ImageDecoder decoder) throws IOException {
        return embedder.embed(ImageSource.of(files, decoder), image -> {
            skipped++;
            console.error(image.reason());
        });
    }

    private static boolean isSame(String first, String second) {
        return Path.of(first)
                .toAbsolutePath()
                .normalize()
                .equals(Path.of(second).toAbsolutePath().normalize());
    }
}
