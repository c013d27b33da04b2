"""Records drop_path.txt: the drop-path probabilities of timm's ResNet-50. Needs torch and timm."""

import pathlib

import timm

network = timm.create_model("resnet50", drop_path_rate=0.2)
kept = 0.0  # the first block has no DropPath module
found = [module.drop_prob for name, module in network.named_modules() if type(module).__name__ == "DropPath"]
lines = [f"{probability:.9g}" for probability in [kept, *found]]
pathlib.Path(__file__).with_name("drop_path.txt").write_text("\n".join(lines) + "\n")
