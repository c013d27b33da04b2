package dev.kinglet.cli.console;

import dev.kinglet.base.ByteSize;
import java.net.URI;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The progress of downloads: the address and the size of each file, then one line per tenth of it. */
public final class DownloadProgress {
    private static final int TENTHS = 10;

    private final Console console;
    private @Nullable URI current;
    private long printed; // tenths

    /** Of downloads that are yet to begin. */
    public DownloadProgress(Console console) {
        this.console = console;
    }

    /** Prints what is new; ends the download if the program was interrupted. */
    public synchronized void fetched(URI address, long bytes, long total) {
        Interruption.check();
        if (!Objects.equals(address, current)) {
            current = address;
            printed = -1;
            console.note("%s, %s", address, ByteSize.wholeMib(total));
        }
        long tenths = total == 0 ? TENTHS : TENTHS * bytes / total;
        if (tenths > printed) {
            printed = tenths;
            console.note("%d %% of %s", 100 / TENTHS * tenths, ByteSize.wholeMib(total));
        }
    }
}
