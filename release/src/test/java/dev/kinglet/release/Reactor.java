package dev.kinglet.release;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** The modules of the checkout that are published: all but those with {@code maven.deploy.skip}. */
final class Reactor {
    static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

    private static final Pattern MODULE = Pattern.compile("<module>([^<]+)</module>");

    private Reactor() {}

    /** By artifact: the module's folder. The parent is not among them. */
    static Map<String, Path> published() throws IOException {
        Map<String, Path> published = new TreeMap<>();
        List<String> modules = MODULE.matcher(Files.readString(ROOT.resolve("pom.xml")))
                .results()
                .map((MatchResult match) -> match.group(1))
                .toList();
        for (String module : modules) {
            Path folder = ROOT.resolve(module);
            Pom pom = pom(folder);
            if (!pom.own("properties/maven.deploy.skip").equals("true")) {
                published.put(pom.own("artifactId"), folder);
            }
        }
        return published;
    }

    static Pom pom(Path folder) throws IOException {
        return Pom.read(Files.readAllBytes(folder.resolve("pom.xml")));
    }

    static String version() throws IOException {
        return pom(ROOT).own("version");
    }
}
