package dev.kinglet.cli;

import dev.kinglet.data.Download;
import dev.kinglet.data.PublishedArchive;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kinglet data fetch}. */
@Command(
        name = "fetch",
        description = {
            "Fetch a published data set from its authors, and check that it is the published one.",
            "An interrupted download goes on when it is asked for again. Archives are read as they are."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  kinglet data fetch cifar10",
            "  kinglet train --data data/cifar-10-python.tar.gz --model resnet20_cifar",
            "  kinglet data fetch cifar100 --mirror https://mirror.example.org/cifar/"
        })
final class DataFetchCommand implements Callable<Integer> {
    private final Console console;

    @Parameters(paramLabel = "NAME", description = "cifar10 or cifar100.")
    private String name = "";

    @Option(names = "--output", paramLabel = "DIR", description = "Where it goes (default: ${DEFAULT-VALUE}).")
    private Path output = Path.of("data");

    @Option(names = "--mirror", paramLabel = "URL", description = "Folder that has the file, in place of its authors'.")
    private @Nullable URI mirror;

    DataFetchCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        PublishedArchive official = PublishedArchive.of(name);
        PublishedArchive archive = mirror == null ? official : official.at(mirror);
        console.note("%s, %d MiB", archive.address(), archive.bytes() >> 20);
        console.result("%s", Download.fetch(archive, output, new Progress(console, archive.bytes())));
        return 0;
    }

    /** A line every tenth of the file. */
    private static final class Progress implements LongConsumer {
        private final Console console;
        private final long bytes;
        private long tenths = -1;

        Progress(Console console, long bytes) {
            this.console = console;
            this.bytes = bytes;
        }

        @Override
        public void accept(long done) {
            Interruption.check();
            if (10 * done / bytes > tenths) {
                tenths = 10 * done / bytes;
                console.note("%d %% of %d MiB", 10 * tenths, bytes >> 20);
            }
        }
    }
}
