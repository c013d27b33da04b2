package dev.kinglet.zoo;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Published facts of a network: its authors' figures and training recipe, source and license.
 *
 * @param figures parameters and multiply-accumulates in the authors' own words, "3.5M, 0.44G"; empty if unknown
 * @param top1 top-1 accuracy in percent, on ImageNet's validation set or, of a network for CIFAR-10, on its test set
 * @param recipe the authors' training options by name: {@code lr -> 0.05}; may be empty
 * @param remarks parts of their recipe that are no options
 * @param source paper and code
 * @param license of their code and weights
 * @param timm name of the same network in timm, {@code mobilenetv2_100}; empty if timm does not have it
 */
public record Published(
        String figures,
        OptionalDouble top1,
        Map<String, String> recipe,
        String remarks,
        String source,
        String license,
        Optional<String> timm) {
    public Published {
        recipe = Collections.unmodifiableMap(new LinkedHashMap<>(recipe));
    }

    /** Source and license alone. */
    static Published of(String source, String license) {
        return new Published("", OptionalDouble.empty(), Map.of(), "", source, license, Optional.empty());
    }

    Published figures(String text) {
        return new Published(text, top1, recipe, remarks, source, license, timm);
    }

    Published top1(double percent) {
        return new Published(figures, OptionalDouble.of(percent), recipe, remarks, source, license, timm);
    }

    Published timm(String name) {
        return new Published(figures, top1, recipe, remarks, source, license, Optional.of(name));
    }

    /** @param options {@code "opt nesterov, lr 0.05"} */
    Published recipe(String options, String moreRemarks) {
        Map<String, String> byName = new LinkedHashMap<>();
        for (String option : options.split(", ", -1)) {
            int blank = option.indexOf(' ');
            byName.put(option.substring(0, blank), option.substring(blank + 1));
        }
        return new Published(figures, top1, byName, moreRemarks, source, license, timm);
    }
}
