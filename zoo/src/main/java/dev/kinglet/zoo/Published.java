package dev.kinglet.zoo;

import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Published facts of a network: its authors' figures, source and license.
 *
 * @param figures parameters and multiply-accumulates in the authors' own words, "3.5M, 0.44G"; empty if unknown
 * @param top1 top-1 accuracy in percent, on ImageNet's validation set or, of a network for CIFAR-10, on its test set
 * @param source paper and code
 * @param license of their code and weights
 * @param timm name of the same network in timm, {@code mobilenetv2_100}; empty if timm does not have it
 */
public record Published(String figures, OptionalDouble top1, String source, String license, Optional<String> timm) {
    /** Source and license alone. */
    static Published of(String source, String license) {
        return new Published("", OptionalDouble.empty(), source, license, Optional.empty());
    }

    Published figures(String text) {
        return new Published(text, top1, source, license, timm);
    }

    Published top1(double percent) {
        return new Published(figures, OptionalDouble.of(percent), source, license, timm);
    }

    Published timm(String name) {
        return new Published(figures, top1, source, license, Optional.of(name));
    }
}
