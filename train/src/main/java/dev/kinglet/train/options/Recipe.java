package dev.kinglet.train.options;

import com.fasterxml.jackson.databind.JsonNode;
import dev.kinglet.base.NearestName;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.stream.StreamSupport;

/**
 * A published training recipe: the options of a paper or an article, with their source; or one of Kinglet's own, which says so. Each is a YAML file that
 * {@code train -c} reads too; what it says of itself stands under {@link TrainOptions#ABOUT}.
 *
 * @param name by which {@code --recipe} finds it
 * @param title what was trained, by whom, on what
 * @param source paper, code or article
 * @param networks names of the networks it was published for
 * @param needsWeights whether it begins with trained weights, which must be given
 * @param remarks what of the publication is no option, or differs
 * @param options its values; the network among them
 * @param yaml the file
 */
public record Recipe(
        String name,
        String title,
        String source,
        List<String> networks,
        boolean needsWeights,
        String remarks,
        TrainOptions options,
        String yaml) {
    /** The first one of a network is its authors'. */
    private static final List<String> NAMES = List.of(
            "hardnet",
            "hardnet-article",
            "asymmnet",
            "asymmnet-article",
            "asymmnet-article-baselines",
            "peleenet",
            "peleenet-finetune",
            "spgnet",
            "spgnet-article",
            "condensenetv2",
            "mobilenetv2",
            "mobilenetv2-paper",
            "ghostnet",
            "resnet50",
            "resnet_cifar",
            "cifar10-fast",
            "vgg19",
            "vgg19_bn");

    public Recipe {
        networks = List.copyOf(networks);
    }

    /** The files, read once: a configuration is resolved many times to find the command that repeats it. */
    private static final class Loaded {
        static final List<Recipe> ALL = NAMES.stream().map(Recipe::read).toList();
    }

    /** Every recipe; one of an article after the authors'. */
    public static List<Recipe> all() {
        return Loaded.ALL;
    }

    /**
     * The recipe of a name, or else the authors' recipe for the network of that name.
     *
     * @throws IllegalArgumentException if there is neither; the message says which name is nearest
     */
    public static Recipe named(String name) {
        return all().stream()
                .filter(recipe -> recipe.name.equals(name))
                .findFirst()
                .or(() -> of(name))
                .orElseThrow(() -> new IllegalArgumentException("there is no recipe '" + name + "'"
                        + NearestName.hint(name, NAMES) + "; kinglet recipes lists them"));
    }

    /** The authors' recipe for a network; empty if none is known. */
    public static Optional<Recipe> of(String network) {
        return all().stream()
                .filter(recipe -> recipe.networks.contains(network))
                .min((one, other) -> Boolean.compare(one.isOfAnArticle(), other.isOfAnArticle()));
    }

    private boolean isOfAnArticle() {
        return name.contains("-article");
    }

    private static Recipe read(String name) {
        String yaml;
        try (InputStream file = Recipe.class.getResourceAsStream("/dev/kinglet/train/recipes/" + name + ".yaml")) {
            if (file == null) {
                throw new IllegalStateException("recipe " + name + " is missing from this program");
            }
            yaml = new String(file.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        JsonNode about = TrainOptions.tree(yaml).path(TrainOptions.ABOUT);
        return new Recipe(
                name,
                about.path("title").asText(),
                about.path("source").asText(),
                StreamSupport.stream(about.path("networks").spliterator(), false)
                        .map(JsonNode::asText)
                        .toList(),
                about.path("needs_weights").asBoolean(),
                about.path("remarks").asText(),
                TrainOptions.parse(yaml),
                yaml);
    }
}
