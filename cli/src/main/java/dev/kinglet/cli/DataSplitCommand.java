package dev.kinglet.cli;

import dev.kinglet.data.DataOptions;
import dev.kinglet.data.DataSource;
import dev.kinglet.data.ListFiles;
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
            "Divide one folder of classes into lists of images to train on and to validate with; none is moved.",
            "An image validates when its position in its class's sorted names, from 0, is a multiple of N."
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

    @Option(names = "--every", paramLabel = "N", required = true, description = "One of how many validates; 2 or more.")
    private int every;

    @Option(
            names = "--output",
            paramLabel = "DIR",
            description = "Where train_list.txt, val_list.txt and labels.txt go (default: the folder itself).")
    private @Nullable Path output;

    DataSplitCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        DataSource source = DataSource.open(data, DataOptions.defaults().withValEvery(every));
        ListFiles lists = ListFiles.write(source, output == null ? data : output);
        console.note("%s", source.description());
        lists.train().ifPresent(list -> console.result(list.toString()));
        lists.validation().ifPresent(list -> console.result(list.toString()));
        return 0;
    }
}
