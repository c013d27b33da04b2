package dev.kinglet.toolkit;

import dev.kinglet.base.IoReason;
import dev.kinglet.base.Plural;
import dev.kinglet.infer.CalibrationMethod;
import dev.kinglet.infer.ExportReport;
import dev.kinglet.infer.Exporter;
import dev.kinglet.infer.Int8Exporter;
import dev.kinglet.infer.Int8Report;
import dev.kinglet.infer.Processor;
import dev.kinglet.infer.Samples;
import dev.kinglet.infer.TimedSession;
import dev.kinglet.infer.Tuner;
import dev.kinglet.network.Card;
import dev.kinglet.network.Model;
import dev.kinglet.network.rewrite.ConvPlan;
import dev.kinglet.network.rewrite.Rewrites;
import dev.kinglet.onnx.InputType;
import dev.kinglet.onnx.OnnxFile;
import dev.kinglet.weights.ModelFile;
import dev.kinglet.zoo.Variant;
import dev.kinglet.zoo.Zoo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * The export of a trained network to an {@code .onnx} file that carries its labels and its preprocessing. The file is run
 * and compared with the network before it is kept. Or of its weights alone, for PyTorch.
 *
 * <pre>{@code
 * Export.of(result.run()).to(Path.of("birds.onnx"));
 * Export.of(result.run()).toInt8(Path.of("small.onnx"), Export.Int8.calibratedOn(Path.of("photos")));
 * Export.of(result.run()).toStateDict(Path.of("birds.safetensors"), ModelFile.Naming.TORCH);
 * }</pre>
 *
 * @param model the network with its weights
 * @param options rewrites and input type
 * @param notes notified, in words, of each choice that tuning has timed, and of images that are left out
 * @param stop asked between the steps; true ends the export, and nothing is written
 */
public record Export(Model model, Options options, Consumer<String> notes, BooleanSupplier stop) {
    private static final int MAX_MEASURED = 200; // images; more change little, and each is run twice

    /**
     * Changes of the network before it is written, and the file's input.
     *
     * @param rewrites names of the rewrites to apply, or {@link #ALL} or {@link #NONE} alone
     * @param channelBlock channel block size of ONNX Runtime on the machine that the file is for, 8 or 16; empty for this
     *     machine's
     * @param tuned whether the implementations of grouped convolutions are chosen by timing on this machine
     * @param input type of the file's input
     * @param embeddings whether the features that the network's last layer reads are a second output of the file
     */
    public record Options(
            List<String> rewrites, OptionalInt channelBlock, boolean tuned, InputType input, boolean embeddings) {
        /** All rewrites. */
        public static final String ALL = "all";

        /** No rewrite: the network as its authors' code has it. */
        public static final String NONE = "none";

        private static final Set<Integer> CHANNEL_BLOCKS = Set.of(8, 16);

        /** @throws IllegalArgumentException if there is no such rewrite, or the options contradict each other */
        public Options {
            rewrites = List.copyOf(rewrites);
            if ((tuned || channelBlock.isPresent()) && !rewrites.equals(List.of(ALL))) {
                throw new IllegalArgumentException(
                        "--tune and --channel-block go with --rewrite all, which is the default");
            }
            if (tuned && channelBlock.isPresent()) {
                throw new IllegalArgumentException(
                        "--tune finds the channel block size itself; leave out --channel-block");
            }
            if (channelBlock.isPresent() && !CHANNEL_BLOCKS.contains(channelBlock.getAsInt())) {
                throw new IllegalArgumentException("--channel-block is one that ONNX Runtime has: 16 (AVX-512) or 8"
                        + " (AVX2), not " + channelBlock.getAsInt());
            }
            if (!rewrites.equals(List.of(ALL)) && !rewrites.equals(List.of(NONE))) {
                Rewrites.named(rewrites, ConvPlan.byRule());
            }
        }

        /** All rewrites, for this machine by rule, and float32 input. */
        public static Options defaults() {
            return new Options(List.of(ALL), OptionalInt.empty(), false, InputType.FLOAT32, false);
        }

        /** The same with these rewrites only. */
        public Options withRewrites(List<String> names) {
            return new Options(names, channelBlock, tuned, input, embeddings);
        }

        /** The same for a machine of this channel block size. */
        public Options withChannelBlock(int channels) {
            return new Options(rewrites, OptionalInt.of(channels), tuned, input, embeddings);
        }

        /** The same, tuned. It takes seconds to some minutes, unless the file to write records a plan of this machine. */
        public Options withTuning() {
            return new Options(rewrites, channelBlock, true, input, embeddings);
        }

        /** The same with another input. */
        public Options withInput(InputType type) {
            return new Options(rewrites, channelBlock, tuned, type, embeddings);
        }

        /** The same with embeddings as a second output. */
        public Options withEmbeddings() {
            return new Options(rewrites, channelBlock, tuned, input, true);
        }

        private Exporter exporter() {
            return finished(withoutEmbeddings());
        }

        private Exporter finished(Exporter exporter) {
            return embeddings ? exporter.withEmbeddings() : exporter;
        }

        private Exporter withoutEmbeddings() {
            if (rewrites.equals(List.of(NONE))) {
                return new Exporter(List.of(), input);
            }
            ConvPlan plan = channelBlock.isEmpty()
                    ? Processor.plan()
                    : ConvPlan.byRule().withChannelBlock(channelBlock.getAsInt());
            if (rewrites.equals(List.of(ALL))) {
                return Exporter.of(plan, input);
            }
            return new Exporter(Rewrites.named(rewrites, plan), input);
        }
    }

    /**
     * Quantization to int8.
     *
     * @param folder images to calibrate with, at any depth. Where its folders are named like the classes, accuracy before
     *     and after is measured on images that were not used for calibration
     * @param method choice of the activations' ranges
     * @param images size of the calibration set
     * @param floatLayers names of the layers kept in float32; empty to choose them by measuring
     */
    public record Int8(Path folder, CalibrationMethod method, int images, Optional<Set<String>> floatLayers) {
        private static final int IMAGES = 128;

        public Int8 {
            if (images < 1) {
                throw new IllegalArgumentException("--calibrate-images is at least 1, not " + images);
            }
        }

        /** The usual method and number of images; layers to keep in float32 are chosen by measuring. */
        public static Int8 calibratedOn(Path folder) {
            return new Int8(folder, CalibrationMethod.PERCENTILE, IMAGES, Optional.empty());
        }

        /** The images in an order that depends on their names alone. */
        private List<Path> files() throws IOException {
            if (!Files.isDirectory(folder)) {
                throw new NoSuchFileException(folder.toString(), null, "--calibrate is a folder of images");
            }
            List<Path> files = new ArrayList<>(Predictor.images(folder));
            Collections.shuffle(files, new Random(0));
            return files;
        }
    }

    /**
     * The export of a run's best weights or of a {@code .safetensors} file, with all rewrites.
     *
     * @throws IllegalArgumentException if it is neither
     * @throws IOException if it cannot be read
     */
    public static Export of(Path source) throws IOException {
        Path path = Runs.resolve(source);
        if (TrainedModel.isOnnx(path)) {
            throw new IllegalArgumentException(path + " is exported already");
        }
        return of(TrainedModel.read(path));
    }

    /** The export of a network, with all rewrites. */
    public static Export of(Model model) {
        return new Export(model, Options.defaults(), note -> {}, () -> false);
    }

    /** The same with other options. */
    public Export with(Options other) {
        return new Export(model, other, notes, stop);
    }

    /** The same, with {@code listener} notified of its progress in words. */
    public Export withNotes(Consumer<String> listener) {
        return new Export(model, options, listener, stop);
    }

    /** The same, ending when {@code condition} holds. */
    public Export withStop(BooleanSupplier condition) {
        return new Export(model, options, notes, condition);
    }

    private void check() {
        Stop.check(stop);
    }

    /**
     * Writes the file; replaces it if it is there.
     *
     * @throws IllegalStateException if the file does not agree with the network; it is not kept
     * @throws IOException if it cannot be written
     * @throws CancellationException if {@code stop} holds before it is written; so with the others
     */
    public ExportReport to(Path file) throws IOException {
        return exporter(file).export(model, file);
    }

    /**
     * The file that {@link #to} would write, in memory.
     *
     * @param name of the file, for messages
     * @throws IllegalStateException if the file does not agree with the network
     */
    OnnxFile inMemory(Path name) throws IOException {
        return exporter(name).inMemory(model, name);
    }

    /**
     * Writes the file as an int8-quantized model, a quarter of the size; replaces it if it is there.
     *
     * @throws IllegalStateException if the file does not agree with the network; it is not kept
     * @throws IOException if the images cannot be read or the file not be written
     */
    public Int8Report toInt8(Path file, Int8 quantization) throws IOException {
        Exporter exporter = exporter(file);
        List<Path> files = quantization.files();
        int used = Math.min(quantization.images(), files.size());
        List<Path> others = files.subList(used, Math.min(used + MAX_MEASURED, files.size()));
        if (others.isEmpty()) {
            notes.accept("There " + (used == 1 ? "is" : "are") + " only " + Plural.of(used, "image")
                    + ", so accuracy is measured on the calibration set");
        }
        Samples calibration = samples(files.subList(0, used));
        Samples measured = others.isEmpty() ? calibration : samples(others);
        return new Int8Exporter(exporter, quantization.method(), quantization.floatLayers())
                .export(model, calibration, measured, file);
    }

    /**
     * Writes the network's weights as a {@code .safetensors} file that {@code load_state_dict} takes in Python, strictly;
     * replaces it if it is there. The options say nothing of it. Kinglet reads such a file too.
     *
     * @throws IllegalArgumentException if timm, where its names are asked for, does not have the network
     * @throws IOException if it cannot be written
     */
    public void toStateDict(Path file, ModelFile.Naming naming) throws IOException {
        String name = model.card().model();
        if (naming == ModelFile.Naming.TIMM && Zoo.get(name).published().timm().isEmpty()) {
            String known = Zoo.all().stream()
                    .filter(variant -> variant.published().timm().isPresent())
                    .map(Variant::name)
                    .collect(Collectors.joining(", "));
            throw new IllegalArgumentException("timm does not have " + name + ", only " + known
                    + "; --format torch writes the names of the authors' release");
        }
        check();
        ModelFile.write(file, model, naming);
    }

    private Samples samples(List<Path> files) {
        return Samples.read(files, model.card(), e -> notes.accept(IoReason.describe(e) + "; left out"), this::check);
    }

    private Exporter exporter(Path file) throws IOException {
        if (!options.tuned()) {
            return options.exporter().withStop(this::check);
        }
        String machine = Processor.name() + ", " + TimedSession.runtime();
        Optional<ConvPlan> before = tunedBefore(file, machine);
        ConvPlan plan = before.isPresent() ? before.get() : new Tuner(model, this::note).tune();
        return options.finished(Exporter.tuned(plan, machine, options.input())).withStop(this::check);
    }

    private void note(Tuner.Trial trial) {
        check();
        notes.accept(String.format(
                Locale.ROOT, "%s: speedup %.3f%s", trial.choice(), trial.speedup(), trial.kept() ? ", kept" : ""));
    }

    /** The plan that the file to replace records of an earlier search for the same network on the same machine. */
    private Optional<ConvPlan> tunedBefore(Path file, String machine) throws IOException {
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        Card card = OnnxFile.read(file).card();
        String plan = card.provenance().get(Card.CONV_PLAN);
        boolean same = card.model().equals(model.card().model())
                && card.preprocessing().inputSize()
                        == model.card().preprocessing().inputSize()
                && machine.equals(card.provenance().get(Card.TUNED_ON));
        if (plan == null || !same) {
            return Optional.empty();
        }
        notes.accept(file + " was tuned on this machine before; its convolution implementations are reused");
        try {
            return Optional.of(ConvPlan.parse(plan));
        } catch (IllegalArgumentException e) {
            throw new IOException(file + ": its '" + Card.CONV_PLAN + "' cannot be used: " + e.getMessage(), e);
        }
    }
}
