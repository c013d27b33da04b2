package dev.kinglet.toolkit;

import dev.kinglet.base.KingletVersion;
import dev.kinglet.network.Card;
import dev.kinglet.network.Model;
import dev.kinglet.network.Network;
import dev.kinglet.network.Preprocessing;
import dev.kinglet.zoo.Variant;
import dev.kinglet.zoo.Zoo;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Networks of the zoo with randomly initialized weights. */
public final class Untrained {
    private Untrained() {}

    /**
     * A network to measure; its classes are called by their numbers.
     *
     * @param imageSize null: as published
     * @param classes null: as published
     */
    public static Model model(String name, @Nullable Integer imageSize, @Nullable Integer classes) {
        Variant variant = Zoo.get(name);
        Preprocessing published = variant.preprocessing();
        Preprocessing preprocessing = imageSize == null ? published : published.withInputSize(imageSize);
        int outputs = classes == null ? variant.classes() : classes;
        List<String> labels =
                IntStream.range(0, outputs).mapToObj(Integer::toString).toList();
        return model(variant, new Card(name, labels, preprocessing), 0);
    }

    /** The network a card speaks of. */
    public static Model model(Variant variant, Card card, long seed) {
        Network network =
                variant.network(card.preprocessing().shape(), card.labels().size());
        return new Model(
                network,
                variant.initialization().draw(network, new SplittableRandom(seed)),
                card.with(Card.VERSION, KingletVersion.current()));
    }
}
