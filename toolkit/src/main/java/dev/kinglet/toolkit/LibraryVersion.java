package dev.kinglet.toolkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.util.Collections;
import java.util.Optional;
import java.util.Properties;
import java.util.jar.Attributes;
import java.util.jar.Manifest;

/** The versions of the libraries that the program runs with. */
final class LibraryVersion {
    private static final String UNKNOWN = "unknown";

    private LibraryVersion() {}

    /** Of a library on the class path, by its Maven coordinates; "unknown" if it does not say. */
    static String of(String group, String artifact) {
        return property("/META-INF/maven/" + group + "/" + artifact + "/pom.properties")
                .or(() -> implementation(artifact))
                .orElse(UNKNOWN);
    }

    private static Optional<String> property(String resource) {
        try (InputStream in = LibraryVersion.class.getResourceAsStream(resource)) {
            Properties properties = new Properties();
            if (in != null) {
                properties.load(in);
            }
            return Optional.ofNullable(properties.getProperty("version"));
        } catch (IOException e) {
            throw new UncheckedIOException("the resource " + resource + " cannot be read", e);
        }
    }

    /** The version in the manifest of the jar that has this title. */
    private static Optional<String> implementation(String title) {
        try {
            for (URL url :
                    Collections.list(LibraryVersion.class.getClassLoader().getResources("META-INF/MANIFEST.MF"))) {
                try (InputStream in = url.openStream()) {
                    Attributes attributes = new Manifest(in).getMainAttributes();
                    if (title.equals(attributes.getValue(Attributes.Name.IMPLEMENTATION_TITLE))) {
                        return Optional.ofNullable(attributes.getValue(Attributes.Name.IMPLEMENTATION_VERSION));
                    }
                }
            }
            return Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException("the manifests of the class path cannot be read", e);
        }
    }
}
