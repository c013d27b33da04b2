package dev.kinglet.spark;

import dev.kinglet.base.IoReason;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.util.HashMap;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;
import scala.jdk.javaapi.CollectionConverters;

/** Files of any file system that Hadoop knows, with the settings of a session. */
final class HadoopFiles {
    private static final String PREFIX = "spark.hadoop.";
    private static final String LOCAL = "file";

    private final Configuration configuration = new Configuration();

    private final boolean defaultIsLocal;

    /** @param settings as {@link #settings} gives them on the driver */
    HadoopFiles(Map<String, String> settings) {
        settings.forEach(configuration::set);
        defaultIsLocal = LOCAL.equals(FileSystem.getDefaultUri(configuration).getScheme());
    }

    /** Hadoop's settings among those of a session; the others are in files that the executors have. */
    static HashMap<String, String> settings(SparkSession spark) {
        HashMap<String, String> settings = new HashMap<>();
        CollectionConverters.asJava(spark.conf().getAll()).forEach((key, value) -> {
            if (key.startsWith(PREFIX)) {
                settings.put(key.substring(PREFIX.length()), value);
            }
        });
        return settings;
    }

    FileSystem system(Path path) throws IOException {
        return path.getFileSystem(configuration);
    }

    /** Opens a file; one of this machine without Hadoop's layers, which cost more than reading a small one. */
    InputStream open(String file) throws IOException {
        Path path = path(file);
        URI address = path.toUri();
        String scheme = address.getScheme();
        boolean isLocal = scheme == null ? defaultIsLocal : scheme.equals(LOCAL);
        return isLocal
                ? Files.newInputStream(local(address.getPath()))
                : system(path).open(path);
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

    private static java.nio.file.Path local(String path) throws IOException {
        try {
            return java.nio.file.Path.of(path);
        } catch (InvalidPathException e) {
            throw new IOException("'" + path + "' is no path: " + e.getMessage(), e);
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
