package dev.kinglet.cli.weights;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kinglet.base.ByteSize;
import dev.kinglet.cli.console.Console;
import dev.kinglet.cli.console.Json;
import dev.kinglet.network.Card;
import dev.kinglet.network.Preprocessing;
import dev.kinglet.toolkit.ImportReport;
import dev.kinglet.toolkit.WeightImport;
import dev.kinglet.toolkit.hub.PretrainedWeights;
import dev.kinglet.zoo.Variant;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kinglet weights fetch}. */
@Command(
        name = "fetch",
        description = {
            "Download pretrained weights into the cache, check them by SHA-256 and size, and print the file.",
            "An interrupted download resumes when the command is repeated. With --output, write them as a .safetensors file"
                    + " that eval, predict and export take, with the preprocessing and classes of their config.json."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  kinglet weights fetch timm/mobilenetv2_100.ra_in1k --output mobilenet.safetensors",
            "  kinglet weights fetch https://download.pytorch.org/models/resnet50-19c8e357.pth",
            "  kinglet train --data photos --val-every 5 --pretrained timm/ghostnet_100.in1k"
        })
final class WeightsFetchCommand implements Callable<Integer> {
    private final Console console;

    @Parameters(
            paramLabel = "SOURCE",
            description = "timm/NAME or hf:OWNER/NAME[@REVISION] of the Hugging Face hub, or an https address: with"
                    + " #sha256=..., or with a name such as resnet50-19c8e357.pth.")
    private String source = "";

    @Option(
            names = "--output",
            paramLabel = "OUT.safetensors",
            description = "The file to write; replaced if it is there.")
    private @Nullable Path output;

    @Option(
            names = "--model",
            paramLabel = "MODEL",
            description = "With --output: the network, where the source does not say it.")
    private @Nullable String model;

    @Mixin
    private HubOptions hub = new HubOptions();

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    WeightsFetchCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        PretrainedWeights weights = hub.hub().fetch(source, hub.progress(console));
        weights.remarks().forEach(console::note);
        Optional<ImportReport> report = written(weights);
        if (json) {
            console.result(Json.page(object(weights)));
            return 0;
        }
        console.result("%s", weights.file());
        console.note(
                "%s%s",
                weights.source(), weights.variant().map(v -> ": " + v.name()).orElse(""));
        if (output != null && report.isPresent()) {
            Card card = report.get().card();
            console.result(
                    "%s: %s, %d classes, %d pixels, %s",
                    output,
                    card.model(),
                    card.labels().size(),
                    card.preprocessing().inputSize(),
                    ByteSize.mib(report.get().bytes().orElse(0)));
        }
        return 0;
    }

    private Optional<ImportReport> written(PretrainedWeights weights) throws IOException {
        return output == null
                ? Optional.empty()
                : Optional.of(
                        WeightImport.of(weights, Optional.ofNullable(model)).write(output));
    }

    private ObjectNode object(PretrainedWeights weights) {
        ObjectNode object = Json.object()
                .put("source", weights.source())
                .put("file", weights.file().toString())
                .put("model", weights.variant().map(Variant::name).orElse(null))
                .put("output", output == null ? null : output.toString());
        weights.classes().ifPresent(classes -> object.put("num_classes", classes));
        weights.preprocessing().ifPresent(preprocessing -> put(object, preprocessing));
        return object;
    }

    private static void put(ObjectNode object, Preprocessing preprocessing) {
        object.put("img_size", preprocessing.inputSize())
                .put("interpolation", preprocessing.interpolation().key())
                .put("crop_pct", preprocessing.cropPct())
                .put("resize", preprocessing.resize().key());
        preprocessing.mean().forEach(object.putArray("mean")::add);
        preprocessing.std().forEach(object.putArray("std")::add);
    }
}
