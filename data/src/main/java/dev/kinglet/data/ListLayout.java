package dev.kinglet.data;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Images that {@link ListFiles} name; folders do not matter. */
record ListLayout(Path data) implements Layout {
    @Override
    public DataSplit open(DataOptions options) throws IOException {
        Optional<Path> train = options.lists().train();
        Optional<Path> validation = options.lists().validation();
        List<StoredDataset.Numbered> read = new ArrayList<>();
        List<String> files = new ArrayList<>();
        for (Path list : Stream.of(train, validation).flatMap(Optional::stream).toList()) {
            read.add(ImageList.read(list, data, options.labels(), options.decoder()));
            files.add(list.toString());
        }
        List<String> names = options.labels().isEmpty() ? DataSplit.numbers(data, read) : options.labels();
        return new DataSplit(
                train.isPresent() ? read.get(0).withLabels(names) : null,
                validation.isPresent() ? read.get(read.size() - 1).withLabels(names) : null,
                options,
                "listed in " + String.join(" and ", files),
                true);
    }
}
