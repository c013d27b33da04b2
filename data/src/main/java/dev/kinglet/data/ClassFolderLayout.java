package dev.kinglet.data;

import java.io.IOException;
import java.nio.file.Path;

/** {@code data/<class>/*}: one folder of classes. */
record ClassFolderLayout(Path data) implements Layout {
    @Override
    public DataSplit open(DataOptions options) throws IOException {
        ImageFolder all = ImageFolder.scan(data, data, options.decoder());
        return DataSplit.ofAll(data, all, "one folder of classes", options, false)
                .withScanned(all.scanned());
    }
}
