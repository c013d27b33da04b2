package dev.kinglet.toolkit.hub;

import dev.kinglet.zoo.Variant;
import dev.kinglet.zoo.Zoo;
import java.net.URI;
import java.util.List;
import java.util.Optional;

/** Sources of weights for networks of the zoo: those of timm on its hub, and the authors' own addresses. */
final class KnownWeights {
    private static final String TORCHVISION = "https://download.pytorch.org/models/";
    private static final String HARDNET = "https://ping-chao.com/hardnet/";

    static final List<WeightHub.Known> ALL = List.of(
            new WeightHub.Known("mobilenetv2", "hf:timm/mobilenetv2_100.ra_in1k"),
            new WeightHub.Known("mobilenetv2", TORCHVISION + "mobilenet_v2-b0353104.pth"),
            new WeightHub.Known("mobilenetv2_1.4", "hf:timm/mobilenetv2_140.ra_in1k"),
            new WeightHub.Known("ghostnet", "hf:timm/ghostnet_100.in1k"),
            new WeightHub.Known("resnet50", "hf:timm/resnet50.a1_in1k"),
            new WeightHub.Known("resnet50", TORCHVISION + "resnet50-19c8e357.pth"),
            new WeightHub.Known("vgg19", "hf:timm/vgg19.tv_in1k"),
            new WeightHub.Known("vgg19", TORCHVISION + "vgg19-dcbb9e9d.pth"),
            new WeightHub.Known("vgg19_bn", "hf:timm/vgg19_bn.tv_in1k"),
            new WeightHub.Known("vgg19_bn", TORCHVISION + "vgg19_bn-c79401a0.pth"),
            new WeightHub.Known("hardnet39ds", HARDNET + "hardnet39ds-0e6c6fa9.pth"),
            new WeightHub.Known("hardnet68ds", HARDNET + "hardnet68ds-632474d2.pth"),
            new WeightHub.Known("hardnet68", HARDNET + "hardnet68-5d684880.pth"),
            new WeightHub.Known("hardnet85", HARDNET + "hardnet85-a28faa00.pth"));

    private KnownWeights() {}

    /** The network that the weights at an address are of. */
    static Optional<Variant> ofAddress(URI address) {
        return ALL.stream()
                .filter(known -> known.source().equals(address.toString()))
                .map(known -> Zoo.get(known.model()))
                .findFirst();
    }
}
