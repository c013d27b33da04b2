package dev.kinglet.spark;

import dev.kinglet.base.IoReason;
import java.io.IOException;
import java.io.InputStream;
import java.util.HashMap;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;

/** Files of any file system that Hadoop knows, with the settings of a session. */
final class HadoopFiles {
    private static final String PREFIX = "spark.hadoop.";

    private final Configuration configuration = new Configuration();

    /** @param settings as {@link #settings} gives them on the driver */
    HadoopFiles(Map<String, String> settings) {
        settings.forEach(configuration::set);
    }

    /** Hadoop's settings among those of a session; the others are in files that the executors have. */
    static HashMap<String, String> settings(SparkSession spark) {
        HashMap<String, String> settings = new HashMap<>();
        scala.jdk.javaapi.CollectionConverters.asJava(spark.conf().getAll()).forEach((key, value) -> {
            if (key.startsWith(PREFIX)) {
                settings.put(key.substring(PREFIX.length()), value);
            }
        });
        return settings;
    }

    FileSystem system(Path path) throws IOException {
        return path.getFileSystem(configuration);
    }

    InputStream open(String file) throws IOException {
        Path path = path(file);
        return system(path).open(path);
    }

    /**
     * The bytes of a file, or the first {@code most + 1} of a larger one.
     *
     * @throws IOException if it cannot be read; the message names it
     */
    byte[] read(String file, int most) throws IOException {
        try (InputStream in = open(file)) {
            return in.readNBytes(most + 1);
        } catch (IOException e) {
            throw new IOException("could not read " + file + ": " + IoReason.of(e), e);
        }
    }

    /** @throws IOException if the text is no path or address */
    static Path path(String file) throws IOException {
        try {
            return new Path(file);
        } catch (IllegalArgumentException e) {
            throw new IOException("'" + file + "' is no path: " + e.getMessage(), e);
        }
    }
}
