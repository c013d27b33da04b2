package dev.kinglet.cli.data;

import dev.kinglet.cli.console.Console;
import dev.kinglet.cli.console.Interruption;
import dev.kinglet.data.DataOptions;
import dev.kinglet.data.DataSource;
import dev.kinglet.data.ListFiles;
import dev.kinglet.data.ListWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kinglet data split}. */
@Command(
        name = "split",
        description = {
            "Split one folder of classes into lists of training and validation images; no file is moved.",
            "Every Nth image of each class is in the validation split: those whose position in the sorted names, from 0,",
            "is a multiple of N. The only image of a class is in the training split."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  kinglet data split photos --every 5",
            "  kinglet train --data photos --cls-label-path-train photos/train_list.txt \\",
            "      --cls-label-path-val photos/val_list.txt --labels photos/labels.txt --model peleenet"
        })
final class DataSplitCommand implements Callable<Integer> {
    private final Console console;

    @Parameters(paramLabel = "DIR", description = "Folder with a folder of images for each class.")
    private Path data = Path.of("");

    @Option(
            names = "--every",
            paramLabel = "N",
            required = true,
            description = "Every Nth image of each class validates; 2 or more.")
    private int every;

    @Option(
            names = "--output",
            paramLabel = "DIR",
            description = "Folder for train_list.txt, val_list.txt and labels.txt (default: DIR).")
    private @Nullable Path output;

    DataSplitCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        if (every < 2) {
            throw new IllegalArgumentException(
                    "--every is at least 2, or no image is left to train on; it is " + every);
        }
        DataSource source = DataSource.open(data, DataOptions.defaults().withValEvery(every));
        Interruption.check();
        ListFiles lists = ListWriter.write(source, output == null ? data : output);
        console.note(source.description());
        source.remarks().forEach(console::note);
        lists.train().ifPresent(list -> console.result(list.toString()));
        lists.validation().ifPresent(list -> console.result(list.toString()));
        return 0;
    }
}
