package dev.kinglet.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The spellings of the articles' own scripts, in Kinglet's: their command lines run as they are printed. They stand in no
 * help.
 *
 * @param options names that only differ
 * @param model option whose value is the trained network, which is the first argument here
 * @param images options whose values are images, which are arguments here
 * @param ignored switches that ask for what happens anyway
 */
record ArticleSpellings(Map<String, String> options, Optional<String> model, Set<String> images, Set<String> ignored) {
    private static final String EXPORTED = "model.onnx"; // as the articles' model.pdmodel in the folder they name
    private static final String EXPORT_FOLDER = "--output-dir";

    private static final Map<String, ArticleSpellings> OF_COMMANDS = Map.of(
            "train",
            new ArticleSpellings(
                    Map.of(
                            "--data-path", "--data",
                            "--data-dir", "--data",
                            "--output-dir", "--output",
                            "--finetune", "--initial-checkpoint",
                            "--nb-classes", "--num-classes",
                            "--input-size", "--img-size",
                            "--num-workers", "--workers"),
                    Optional.empty(),
                    Set.of(),
                    Set.of("--dist-eval", "--no-remove-head-from-pretained")),
            "eval",
            new ArticleSpellings(
                    Map.of(
                            "--data-path", "--data",
                            "--data-dir", "--data",
                            "--output-dir", "--output",
                            "--train-interpolation", "--interpolation",
                            "--num-workers", "--workers"),
                    Optional.of("--resume"),
                    Set.of(),
                    Set.of("--dist-eval")),
            "predict",
            new ArticleSpellings(Map.of(), Optional.of("--resume"), Set.of("--infer-imgs"), Set.of()),
            "export",
            new ArticleSpellings(Map.of(), Optional.of("--resume"), Set.of(), Set.of()));

    ArticleSpellings {
        options = Map.copyOf(options);
        images = Set.copyOf(images);
        ignored = Set.copyOf(ignored);
    }

    /**
     * A call in Kinglet's spelling; long options are written with hyphens already.
     *
     * @throws IllegalArgumentException if an option of the articles lacks its value
     */
    static String[] translate(String[] args) {
        ArticleSpellings spellings = args.length == 0 ? null : OF_COMMANDS.get(args[0]);
        return spellings == null ? args : spellings.translated(args);
    }

    /** The name of an option in Kinglet's spelling; the same if there is no other. */
    static String translate(String command, String option) {
        ArticleSpellings spellings = OF_COMMANDS.get(command);
        if (spellings == null) {
            return option;
        }
        return command.equals("export") && option.equals(EXPORT_FOLDER)
                ? "--output"
                : spellings.options.getOrDefault(option, option);
    }

    private String[] translated(String[] args) {
        List<String> words = new ArrayList<>();
        List<String> network = new ArrayList<>();
        List<String> imageFiles = new ArrayList<>();
        int end = Arrays.asList(args).indexOf("--");
        int options = end < 0 ? args.length : end;
        for (int i = 1; i < options; i++) {
            String name = args[i].replaceFirst("=.*", "");
            boolean isModel = model.filter(name::equals).isPresent();
            boolean isFolder = args[0].equals("export") && name.equals(EXPORT_FOLDER);
            if (isModel || isFolder || images.contains(name)) {
                boolean attached = name.length() < args[i].length();
                if (!attached && (i + 1 == options || args[i + 1].startsWith("-"))) {
                    throw new IllegalArgumentException(name + " needs a value, and has none");
                }
                String value = attached ? args[i].substring(name.length() + 1) : args[++i];
                if (isFolder) {
                    words.addAll(List.of("--output", (value.endsWith("/") ? value : value + "/") + EXPORTED));
                } else {
                    (isModel ? network : imageFiles).add(value);
                }
            } else if (!ignored.contains(args[i])) {
                words.add(this.options.getOrDefault(name, name) + args[i].substring(name.length()));
            }
        }
        List<String> call = new ArrayList<>(List.of(args[0]));
        call.addAll(network);
        call.addAll(words);
        call.addAll(imageFiles);
        call.addAll(Arrays.asList(args).subList(options, args.length));
        return call.toArray(String[]::new);
    }
}
