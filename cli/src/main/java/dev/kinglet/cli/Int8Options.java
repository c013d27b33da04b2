package dev.kinglet.cli;

import dev.kinglet.image.ImageFormats;
import dev.kinglet.infer.CalibrationMethod;
import dev.kinglet.infer.Exporter;
import dev.kinglet.infer.Int8Exporter;
import dev.kinglet.infer.Int8Report;
import dev.kinglet.infer.Samples;
import dev.kinglet.network.Model;
import java.io.IOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What {@code kinglet export} is told about quantization. */
final class Int8Options {
    private static final int MAX_MEASURED = 200; // more say little more, and each is run twice

    @Option(
            names = "--int8",
            description = "Write weights and activations as bytes: a quarter of the size; needs --calibrate.")
    private boolean int8;

    @Option(
            names = "--calibrate",
            paramLabel = "DIR",
            description = "With --int8: images like those it is for, in this folder or in folders inside. Where these"
                    + " are named like the classes, the accuracy before and after is measured, on other images of"
                    + " them.")
    private @Nullable Path calibrationFolder;

    @Option(
            names = "--calibrate-method",
            paramLabel = "METHOD",
            description = "How ranges follow from what is seen: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
    private CalibrationMethod method = CalibrationMethod.PERCENTILE;

    @Option(
            names = "--calibrate-images",
            paramLabel = "N",
            description = "Images that are looked at (default: ${DEFAULT-VALUE}).")
    private int images = 128;

    @Option(
            names = "--int8-keep",
            paramLabel = "auto|none|NAME,...",
            split = ",",
            description = "Layers left in float (default: auto, those that add most to the error while the file stays"
                    + " small).")
    private List<String> keep = List.of("auto");

    /** @throws IllegalArgumentException if the options do not go together */
    boolean isWanted() {
        if (!int8 && calibrationFolder != null) {
            throw new IllegalArgumentException("--calibrate goes with --int8");
        }
        if (int8 && calibrationFolder == null) {
            throw new IllegalArgumentException(
                    "--int8 needs --calibrate DIR: a folder of images to find the ranges of the activations on");
        }
        if (images < 1) {
            throw new IllegalArgumentException("--calibrate-images is at least 1, not " + images);
        }
        return int8;
    }

    /** Exports a model as bytes, if that {@link #isWanted()}. */
    Int8Report export(Model model, Exporter exporter, Path output, Console console) throws IOException {
        List<Path> files = files(Objects.requireNonNull(calibrationFolder));
        List<Path> seen = files.subList(0, Math.min(images, files.size()));
        List<Path> others = files.subList(seen.size(), Math.min(seen.size() + MAX_MEASURED, files.size()));
        if (others.isEmpty()) {
            console.note("There are no more than %d images, so they also measure what was lost", seen.size());
        }
        Samples calibration = read(seen, model, console);
        return new Int8Exporter(exporter, method, floatLayers())
                .export(model, calibration, others.isEmpty() ? calibration : read(others, model, console), output);
    }

    private static Samples read(List<Path> files, Model model, Console console) {
        return Samples.read(
                files,
                model.card(),
                e -> console.note("%s; left out", Failure.of(e).line()));
    }

    private Optional<Set<String>> floatLayers() {
        if (keep.equals(List.of("auto"))) {
            return Optional.empty();
        }
        return Optional.of(keep.equals(List.of("none")) ? Set.of() : new LinkedHashSet<>(keep));
    }

    /** All images in a folder, at any depth, in an order that depends on nothing but their names. */
    private static List<Path> files(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            throw new NoSuchFileException(folder.toString(), null, "--calibrate is a folder of images");
        }
        List<Path> files;
        try (Stream<Path> found = Files.walk(folder, FileVisitOption.FOLLOW_LINKS)) {
            files = new ArrayList<>(found.filter(file -> ImageFormats.isImageName(file) && Files.isRegularFile(file))
                    .sorted()
                    .toList());
        }
        if (files.isEmpty()) {
            throw new IllegalArgumentException(folder + " has no images to calibrate with");
        }
        Collections.shuffle(files, new Random(0));
        return files;
    }
}
