package dev.kinglet.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;
import picocli.CommandLine.IVersionProvider;

/** The program's version, written into a resource by the build. */
final class Version implements IVersionProvider {
    /** Such as {@code 0.1.0}. */
    static String kinglet() {
        return property("/dev/kinglet/cli/version.properties");
    }

    /** Of a library on the class path, by its Maven coordinates; "unknown" if it does not say. */
    static String of(String group, String artifact) {
        return property("/META-INF/maven/" + group + "/" + artifact + "/pom.properties");
    }

    private static String property(String resource) {
        try (InputStream in = Version.class.getResourceAsStream(resource)) {
            Properties properties = new Properties();
            if (in != null) {
                properties.load(in);
            }
            return properties.getProperty("version", "unknown");
        } catch (IOException e) {
            throw new UncheckedIOException("the resource " + resource + " cannot be read", e);
        }
    }

    @Override
    public String[] getVersion() {
        return new String[] {
            "kinglet " + kinglet() + " (Java " + System.getProperty("java.version") + ", "
                    + System.getProperty("os.name") + " " + System.getProperty("os.arch") + ")"
        };
    }
}
