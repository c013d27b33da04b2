package dev.kinglet.toolkit;

import dev.kinglet.toolkit.synthetic.Motif;
import dev.kinglet.toolkit.synthetic.SyntheticImages;
import dev.kinglet.train.options.TrainConfig;
import dev.kinglet.train.options.TrainOption;
import dev.kinglet.train.options.TrainOptions;
import dev.kinglet.train.run.RunFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;

/**
 * A short run on synthetic images, which needs nothing but the program.
 *
 * @param output folder of the images and the run
 * @param images training images per class; an eighth as many more are for validation
 * @param seed of images and training
 * @param threads compute threads; empty: as many as there are processors that no other program uses
 */
public record SyntheticRun(Path output, int epochs, int images, long seed, OptionalInt threads) {
    private static final String MODEL = "peleenet";
    private static final int TRAINING_PER_VALIDATION = 8; // images

    public SyntheticRun {
        if (images < TRAINING_PER_VALIDATION) {
            throw new IllegalArgumentException("--images is at least " + TRAINING_PER_VALIDATION + ", not " + images);
        }
    }

    /** Folder of the images. */
    public Path data() {
        return output.resolve("demo-images-" + images + "-seed" + seed);
    }

    /** Number of training images. */
    public int trainingImages() {
        return Motif.values().length * images;
    }

    /** Number of validation images. */
    public int validationImages() {
        return Motif.values().length * (images / TRAINING_PER_VALIDATION);
    }

    /**
     * Draws the images; false if they are there already.
     *
     * @param check called before each; an exception from it ends the drawing, and nothing is left then
     */
    public boolean draw(Runnable check) throws IOException {
        if (Files.exists(data())) { // drawn whole or not at all
            return false;
        }
        SyntheticImages.draw(data(), seed, images, images / TRAINING_PER_VALIDATION, check);
        return true;
    }

    /** Some of the validation images. */
    public List<Path> examples() {
        return List.of(Motif.STAR, Motif.WAVES, Motif.CROSS).stream()
                .map(motif -> data().resolve("val").resolve(motif.label()).resolve("0000.png"))
                .toList();
    }

    /** The configuration of the run, named by date and time. */
    public TrainConfig config() {
        TrainOptions options = TrainOptions.none()
                .with(TrainOption.DATA, data().toString())
                .with(TrainOption.OUTPUT, output.toString());
        for (String option : List.of(
                "model=" + MODEL,
                "img_size=64",
                "crop_pct=1",
                "crop=padded",
                "padding=6",
                "epochs=" + epochs,
                "batch_size=32",
                "lr=0.05",
                "weight_decay=0.0005",
                "seed=" + seed,
                "name=" + RunFolder.dated("demo"))) {
            options = options.with(option);
        }
        if (threads.isPresent()) {
            options = options.with(TrainOption.THREADS, Integer.toString(threads.getAsInt()));
        }
        return TrainConfig.of(options);
    }
}
