package dev.kinglet.spark;

import dev.kinglet.base.IoReason;
import dev.kinglet.data.archive.ArchiveLimits;
import dev.kinglet.data.archive.TarEntries;
import dev.kinglet.image.ImageFormats;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.NoSuchElementException;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.TaskCompletionListener;
import org.jspecify.annotations.Nullable;

/** Paths of tar shards to rows of the images in them, on an executor. */
final class ShardFunction implements MapPartitionsFunction<Row, Row> {
    private static final long serialVersionUID = 1L;

    /** Column of the reasons why a shard cannot be read further. */
    static final String ERROR_COLUMN = "shard_error";

    static final StructType SCHEMA = new StructType(new StructField[] {
        DataTypes.createStructField("path", DataTypes.StringType, false),
        DataTypes.createStructField("content", DataTypes.BinaryType, true),
        DataTypes.createStructField("cls", DataTypes.IntegerType, true),
        DataTypes.createStructField(ERROR_COLUMN, DataTypes.StringType, true)
    });

    private static final int MAX_LABEL_BYTES = 32;

    private final HashMap<String, String> settings; // Hadoop's

    ShardFunction(HashMap<String, String> settings) {
        this.settings = settings;
    }

    @Override
    public Iterator<Row> call(Iterator<Row> shards) {
        Images images = new Images(shards, new HadoopFiles(settings));
        TaskContext task = TaskContext.get();
        if (task != null) {
            task.addTaskCompletionListener((TaskCompletionListener) ended -> images.close());
        }
        return images;
    }

    /** An image and its label, as far as their entries were read. */
    private static final class Sample {
        private final String key;
        private @Nullable String name;
        private byte @Nullable [] content;
        private @Nullable Integer label;

        Sample(String key) {
            this.key = key;
        }
    }

    /** The images of some shards; holds one sample at a time. */
    private static final class Images implements Iterator<Row> {
        private final Iterator<Row> shards;
        private final HadoopFiles files;
        private final Deque<Row> ready = new ArrayDeque<>();
        private String shard = "";
        private @Nullable TarEntries tar;
        private Sample sample = new Sample("");

        Images(Iterator<Row> shards, HadoopFiles files) {
            this.shards = shards;
            this.files = files;
        }

        @Override
        public boolean hasNext() {
            while (ready.isEmpty() && (tar != null || shards.hasNext())) {
                try {
                    if (tar == null) {
                        shard = shards.next().getString(0);
                        tar = new TarEntries(files.open(shard), ArchiveLimits.defaults());
                    }
                    read(tar);
                } catch (IOException e) { // what comes after it cannot be found
                    end();
                    String reason = e.getMessage() == null ? IoReason.of(e) : e.getMessage();
                    ready.add(RowFactory.create(shard, null, null, shard + ": " + reason));
                    close();
                }
            }
            return !ready.isEmpty();
        }

        @Override
        public Row next() {
            if (!hasNext()) {
                throw new NoSuchElementException();
            }
            return ready.remove();
        }

        /** Reads one entry, or ends the shard. */
        private void read(TarEntries from) throws IOException {
            TarEntries.Entry entry = from.next();
            if (entry == null) {
                end();
                close();
                return;
            }
            String name = entry.name();
            int dot = name.indexOf('.', name.lastIndexOf('/') + 1);
            String key = dot < 0 ? name : name.substring(0, dot);
            String ending = dot < 0 ? "" : name.substring(dot + 1);
            if (!key.equals(sample.key)) {
                end();
                sample = new Sample(key);
            }
            if (ending.equalsIgnoreCase("cls") && entry.bytes() <= MAX_LABEL_BYTES) {
                String text = new String(from.content(), StandardCharsets.UTF_8).strip();
                sample.label = text.matches("\\d{1,6}") ? Integer.valueOf(text) : null;
            } else if (ImageFormats.isEnding(ending)) {
                if (sample.content != null) { // two images of one key
                    emit();
                }
                sample.name = name;
                sample.content = from.content();
            }
        }

        /** Ends a sample, which is complete when another key begins. */
        private void end() {
            if (sample.content != null) {
                emit();
            }
            sample = new Sample("");
        }

        private void emit() {
            ready.add(RowFactory.create(shard + "/" + sample.name, sample.content, sample.label, null));
            sample.content = null;
        }

        void close() {
            if (tar != null) {
                try {
                    tar.close();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                } finally {
                    tar = null;
                }
            }
        }
    }
}
