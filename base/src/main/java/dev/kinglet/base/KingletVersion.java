package dev.kinglet.base;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/** The version of Kinglet, written into a resource by the build. */
public final class KingletVersion {
    private static final String RESOURCE = "version.properties";

    private KingletVersion() {}

    /** Such as {@code 0.1.0}; "unknown" if the classes were not built by Maven. */
    public static String current() {
        try (InputStream in = KingletVersion.class.getResourceAsStream(RESOURCE)) {
            Properties properties = new Properties();
            if (in != null) {
                properties.load(in);
            }
            return properties.getProperty("version", "unknown");
        } catch (IOException e) {
            throw new UncheckedIOException("the resource " + RESOURCE + " cannot be read", e);
        }
    }
}
