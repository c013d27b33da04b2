package dev.kinglet.cli.console;

import dev.kinglet.data.DataOptions;
import dev.kinglet.data.DataSource;
import dev.kinglet.data.Dataset;
import dev.kinglet.network.Card;
import dev.kinglet.toolkit.TrainingData;
import dev.kinglet.train.metrics.ClassMap;
import dev.kinglet.train.run.RunFolder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Images that a trained network is measured on: those asked for, or those that its run was validated with. */
public final class LabeledImages {
    @Option(names = "--data", paramLabel = "DIR", description = "Labeled images (default: the run's own).")
    private @Nullable Path data;

    @Mixin
    private SplitChoice validation = new SplitChoice();

    @Mixin
    private DecodingChoice decoding = new DecodingChoice();

    /**
     * Finds the images; what is remarkable of them and of their classes is noted.
     *
     * @param run of the network, if it is one's
     * @param card of the network
     */
    public Dataset validation(Optional<RunFolder> run, Card card, Console console) throws IOException {
        Dataset images = open(run, card, console).validation();
        ClassMap.of(card, images.labels()).note().ifPresent(console::note);
        return images;
    }

    private DataSource open(Optional<RunFolder> run, Card card, Console console) throws IOException {
        if (data == null && !validation.isGiven() && run.isPresent()) {
            return TrainingData.open(decoding.applied(run.get().config()));
        }
        Path images = Optional.ofNullable(data)
                .or(() -> run.map(trained -> trained.config().data().path()))
                .orElseThrow(() ->
                        new IllegalArgumentException("--data is missing: the folder or archive of labeled images"));
        DataOptions options = TrainingData.optionsFor(card).withDecoder(decoding.decoder(card.preprocessing()));
        DataSource source = validation.open(images, options, null);
        for (String remark : source.remarks()) {
            console.note("%s: %s", images, remark);
        }
        return source;
    }
}
