package dev.kinglet.zoo;

import dev.kinglet.base.NearestName;
import java.util.List;
import java.util.stream.Stream;

/** The networks that Kinglet defines, by name. */
public final class Zoo {
    private static final List<Variant> ALL = Stream.of(
                    HarDNet.variants(),
                    AsymmNet.variants(),
                    PeleeNet.variants(),
                    SpgNet.variants(),
                    CondenseNetV2.variants(),
                    MobileNetV2.variants(),
                    ResNet.variants(),
                    CifarResNet.variants(),
                    KingletCifar.variants(),
                    Vgg.variants(),
                    GhostNet.variants())
            .flatMap(List::stream)
            .toList();

    private Zoo() {}

    /** All variants, family by family. */
    public static List<Variant> all() {
        return ALL;
    }

    /** @throws IllegalArgumentException if there is none of that name; the message says which is nearest */
    public static Variant get(String name) {
        return ALL.stream()
                .filter(variant -> variant.name().equals(name))
                .findFirst()
                .orElseThrow(() -> {
                    List<String> known = ALL.stream().map(Variant::name).toList();
                    return new IllegalArgumentException("there is no model '" + name + "'"
                            + NearestName.hint(name, known) + " (kinglet models lists all " + known.size() + ")");
                });
    }
}
