package dev.kinglet.release;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A copy of the checkout's sources, in which a test changes the version and builds. */
record Checkout(Path folder) {
    private static final Set<String> LEFT_OUT = Set.of("target", ".git", "runs");

    /** How a command ended, and all that it said. */
    record Said(int status, String output) {
        String succeeded() {
            assertThat(status).as(output).isZero();
            return output;
        }

        String failed() {
            assertThat(status).as(output).isNotZero();
            return output;
        }
    }

    static Checkout copy(Path folder) throws IOException {
        Files.walkFileTree(Reactor.ROOT, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path from, BasicFileAttributes attributes) throws IOException {
                if (LEFT_OUT.contains(from.getFileName().toString())) {
                    return FileVisitResult.SKIP_SUBTREE;
                }
                Files.createDirectories(folder.resolve(Reactor.ROOT.relativize(from)));
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path from, BasicFileAttributes attributes) throws IOException {
                Files.copy(from, folder.resolve(Reactor.ROOT.relativize(from)));
                return FileVisitResult.CONTINUE;
            }
        });
        return new Checkout(folder);
    }

    /** Sets the version as a release does. */
    Checkout prepare(String version, String date) throws IOException, InterruptedException {
        run(folder, Map.of(), "release/prepare", version, date).succeeded();
        return this;
    }

    Said maven(Map<String, String> environment, String... arguments) throws IOException, InterruptedException {
        return maven(folder, environment, arguments);
    }

    static Said maven(Path folder, Map<String, String> environment, String... arguments)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("mvn", "-B", "-ntp"));
        command.addAll(List.of(arguments));
        return run(folder, environment, command.toArray(String[]::new));
    }

    static Said run(Path folder, Map<String, String> environment, String... command)
            throws IOException, InterruptedException {
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true);
        builder.environment().putAll(environment);
        Process process = builder.start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Said(process.waitFor(), said);
    }
}
