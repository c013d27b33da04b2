package dev.kinglet.checks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kinglet.onnx.OnnxFile;
import dev.kinglet.toolkit.Untrained;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The page on embedding, followed word by word with a local repository that has nothing of Kinglet. Slow: it builds the
 * library and its modules from a copy of the checkout, in more than a minute.
 */
@Tag("slow")
class EmbeddingPageTest {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final Set<String> LEFT_OUT = Set.of("target", ".git", "runs");

    @TempDir
    private Path folder;

    @Test
    void the_commands_and_files_of_the_page_make_a_program_that_compiles() throws Exception {
        String page = Files.readString(ROOT.resolve("docs/embedding.md"));
        String install = first(page, "(?m)^ +(mvn .*install)$");
        Path checkout = copy(folder.resolve("checkout"));
        Path repository = repositoryWithoutKinglet(folder.resolve("repository"));
        maven(checkout, repository, install);

        Path project = Files.createDirectories(folder.resolve("project/src/main/java"))
                .resolve("../../..")
                .normalize();
        Files.writeString(project.resolve("pom.xml"), first(page, "(?s)```xml\n(<project.*?)```"));
        Files.writeString(project.resolve("src/main/java/NamePhotos.java"), first(page, "(?s)```java\n(.*?)```"));
        maven(project, repository, "mvn compile");

        assertThat(project.resolve("target/classes/NamePhotos.class")).exists();

        Path pom = project.resolve("pom.xml");
        String small = Files.readString(pom)
                .replace("</project>", first(page, "(?s)```xml\n( *<build>.*?)```") + "</project>");
        Files.writeString(pom, small);
        maven(project, repository, "mvn package");

        Path jar = project.resolve("target/name-photos-1.jar");
        assertThat(Files.size(jar)).isLessThan(42 << 20);
        assertThat(answer(jar)).startsWith("photo.png: ").contains(" %").contains("1 answered, 0 failed");
    }

    /** By a network and a photo of its own, with nothing unpacked before. */
    private String answer(Path jar) throws IOException, InterruptedException {
        Path model = folder.resolve("net.onnx");
        OnnxFile.of(Untrained.model("resnet20_cifar", 32, 3)).write(model);
        Path photos = Files.createDirectory(folder.resolve("photos"));
        ImageIO.write(
                new BufferedImage(40, 30, BufferedImage.TYPE_INT_RGB),
                "png",
                photos.resolve("photo.png").toFile());
        Process program = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Dorg.bytedeco.javacpp.cachedir=" + folder.resolve("cache"),
                        "-jar",
                        jar.toString(),
                        model.toString(),
                        photos.toString())
                .redirectErrorStream(true)
                .start();
        String said = new String(program.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(program.waitFor()).as(said).isZero();
        return said;
    }

    private static String first(String page, String pattern) {
        Matcher matcher = Pattern.compile(pattern).matcher(page);
        assertThat(matcher.find()).as(pattern).isTrue();
        return matcher.group(1);
    }

    /** A local repository that has what Maven has fetched before, but nothing of Kinglet. */
    private static Path repositoryWithoutKinglet(Path repository) throws IOException {
        Path fetched = Path.of(System.getProperty("user.home"), ".m2", "repository");
        Files.createDirectories(repository.resolve("dev"));
        try (Stream<Path> groups = Files.list(fetched)) {
            for (Path group : groups.filter(path -> !path.endsWith("dev")).toList()) {
                Files.createSymbolicLink(repository.resolve(group.getFileName()), group);
            }
        }
        return repository;
    }

    private static Path copy(Path checkout) throws IOException {
        Files.walkFileTree(ROOT, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path from, BasicFileAttributes attributes) throws IOException {
                if (LEFT_OUT.contains(from.getFileName().toString())) {
                    return FileVisitResult.SKIP_SUBTREE;
                }
                Files.createDirectories(checkout.resolve(ROOT.relativize(from)));
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path from, BasicFileAttributes attributes) throws IOException {
                Files.copy(from, checkout.resolve(ROOT.relativize(from)));
                return FileVisitResult.CONTINUE;
            }
        });
        return checkout;
    }

    private static void maven(Path where, Path repository, String command) throws IOException, InterruptedException {
        List<String> words = Stream.concat(
                        Stream.of(command.split(" ")),
                        Stream.of("-q", "-B", "-ntp", "-Dmaven.repo.local=" + repository))
                .toList();
        Process process = new ProcessBuilder(words)
                .directory(where.toFile())
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
    }
}
