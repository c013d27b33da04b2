package dev.kinglet.judges.spark;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.List;
import java.util.StringJoiner;
import java.util.stream.Stream;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.hadoop.ParquetReader;
import org.apache.parquet.hadoop.example.GroupReadSupport;

/** A program that prints the rows of a folder of Parquet files: path, label, indices, scores, error, digest and embedding. */
public final class ParquetDump {
    private ParquetDump() {}

    public static void main(String[] args) throws IOException {
        PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), false, StandardCharsets.UTF_8);
        List<java.nio.file.Path> files;
        try (Stream<java.nio.file.Path> all = Files.list(java.nio.file.Path.of(args[0]))) {
            files = all.filter(file -> file.toString().endsWith(".parquet"))
                    .sorted()
                    .toList();
        }
        for (java.nio.file.Path file : files) {
            try (ParquetReader<Group> rows = ParquetReader.builder(new GroupReadSupport(), new Path(file.toUri()))
                    .build()) {
                for (Group row = rows.read(); row != null; row = rows.read()) {
                    out.println(line(row));
                }
            }
        }
        out.flush();
    }

    private static String line(Group row) {
        return text(row, "path") + "\t" + text(row, "label") + "\t" + list(row, "class_ids") + "\t"
                + list(row, "scores") + "\t" + text(row, "error") + "\t" + text(row, "model_digest") + "\t"
                + (row.getType().containsField("embedding") ? list(row, "embedding") : "");
    }

    private static String text(Group row, String column) {
        return row.getFieldRepetitionCount(column) == 0 ? "" : row.getString(column, 0);
    }

    private static String list(Group row, String column) {
        if (row.getFieldRepetitionCount(column) == 0) {
            return "";
        }
        Group list = row.getGroup(column, 0);
        StringJoiner values = new StringJoiner(",");
        for (int i = 0; i < list.getFieldRepetitionCount(0); i++) {
            values.add(list.getGroup(0, i).getValueToString(0, 0));
        }
        return values.toString();
    }
}
