package dev.kinglet.cli.data;

import dev.kinglet.cli.console.Console;
import dev.kinglet.cli.console.DownloadProgress;
import dev.kinglet.data.download.PublishedArchive;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kinglet data fetch}. */
@Command(
        name = "fetch",
        description = {
            "Download a published data set from its authors and verify its checksum.",
            "An interrupted download resumes when the command is repeated. Archives need not be unpacked."
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

    @Option(names = "--output", paramLabel = "DIR", description = "Folder for the file (default: ${DEFAULT-VALUE}).")
    private Path output = Path.of("data");

    @Option(
            names = "--mirror",
            paramLabel = "URL",
            description = "Address of a folder that has the file, instead of the authors'.")
    private @Nullable URI mirror;

    DataFetchCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        PublishedArchive official = PublishedArchive.of(name);
        PublishedArchive archive = mirror == null ? official : official.at(mirror);
        DownloadProgress progress = new DownloadProgress(console);
        console.result(
                "%s", archive.fetch(output, bytes -> progress.fetched(archive.address(), bytes, archive.bytes())));
        return 0;
    }
}
