package dev.kinglet.release;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A module that is added to the build is in the BOM, in the bundle and described, or says that it is not published. */
class PublishedModulesTest {
    @Test
    void the_bom_names_every_published_module() throws IOException {
        Pom bom = Reactor.pom(Reactor.ROOT.resolve("bom"));
        TreeSet<String> modules = new TreeSet<>(Reactor.published().keySet());
        assertThat(modules.remove("kinglet-bom")).isTrue();
        assertThat(bom.references().stream()
                        .map(Pom.Reference::artifactId)
                        .filter(name -> !name.equals("kinglet-parent")))
                .containsExactlyInAnyOrderElementsOf(modules);
    }

    @Test
    void the_bundle_is_made_after_every_published_module() throws IOException {
        Pom release = Reactor.pom(Reactor.ROOT.resolve("release"));
        assertThat(release.dependencies().stream()
                        .filter(dependency -> dependency.groupId().equals("dev.kinglet"))
                        .filter(dependency -> dependency.scope().equals("provided"))
                        .map(Pom.Reference::artifactId))
                .containsExactlyInAnyOrderElementsOf(Reactor.published().keySet());
    }

    @Test
    void every_published_module_has_a_name_and_a_description() throws IOException {
        for (Map.Entry<String, Path> module : Reactor.published().entrySet()) {
            Pom pom = Reactor.pom(module.getValue());
            assertThat(pom.own("name")).as(module.getKey()).startsWith("Kinglet ");
            assertThat(pom.own("description")).as(module.getKey()).isNotEmpty();
        }
    }

    /** The archive for other machines, or the folder that the launcher runs: see {@code cli/src/main/dist}. */
    @Test
    void the_programs_libraries_are_of_one_platform() throws IOException {
        Path lib = Reactor.ROOT.resolve("cli/target/kinglet/lib");
        assumeTrue(Files.isDirectory(lib), "the program is not built");
        try (Stream<Path> jars = Files.list(lib)) {
            assertThat(jars.map(jar -> jar.getFileName().toString())
                            .filter(name -> name.matches(".*-(linux|osx|macosx|windows)-\\w+\\.jar"))
                            .map(name -> name.replaceAll(".*-(linux|osx|macosx|windows)-(\\w+)\\.jar", "$1-$2"))
                            .map(platform -> platform.replace("osx-aarch_64", "macosx-arm64"))
                            .distinct())
                    .hasSize(1);
        }
    }
}
