"""Records the names, types and shapes of timm's state dicts, and compares logits.

    python record.py                 writes NAME.keys.txt for each network of timm below; needs torch and timm
    python record.py --logits PROGRAM
                                     weights drawn at random, by timm and by torchvision, imported, run and exported by
                                     PROGRAM (path of the launcher `kinglet`); prints the largest difference of the logits
                                     relative to their standard deviation; needs torchvision and safetensors too
"""

import json
import pathlib
import subprocess
import sys
import tempfile

import timm
import torch

HERE = pathlib.Path(__file__).parent
TIMM = {
    "mobilenetv2_100": "mobilenetv2",
    "mobilenetv2_140": "mobilenetv2_1.4",
    "ghostnet_100": "ghostnet",
    "resnet50": "resnet50",
    "vgg19": "vgg19",
    "vgg19_bn": "vgg19_bn",
}
TORCHVISION = {"mobilenet_v2": "mobilenetv2", "resnet50": "resnet50", "vgg19": "vgg19", "vgg19_bn": "vgg19_bn"}


def record():
    for theirs, ours in TIMM.items():
        model = timm.create_model(theirs, pretrained=False)
        parameters = dict(model.named_parameters())
        lines = [f"# {ours}: timm {timm.__version__}'s {theirs}; name, type, shape, Parameter or Buffer"]
        for name, tensor in model.state_dict().items():
            kind = "int64" if tensor.dtype == torch.int64 else "float32"
            shape = "x".join(map(str, tensor.shape)) or "scalar"
            lines.append("\t".join([name, kind, shape, "P" if name in parameters else "B"]))
        (HERE / f"{ours}.keys.txt").write_text("\n".join(lines) + "\n")


def randomized(model):
    """Weights of the constructor; running statistics, scales and biases that are not those of a new network."""
    random = torch.Generator().manual_seed(1)
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.copy_(0.1 * torch.randn(module.running_mean.shape, generator=random))
            module.running_var.copy_(0.5 + torch.rand(module.running_var.shape, generator=random))
            module.num_batches_tracked.fill_(7)
            module.weight.data.copy_(0.5 + torch.rand(module.weight.shape, generator=random))
    for name, parameter in model.named_parameters():
        if name.endswith("bias"):
            parameter.data.copy_(0.1 * torch.randn(parameter.shape, generator=random))
    return model.eval()


def compare(program):
    import numpy
    import torchvision
    from safetensors.torch import load_file

    def kinglet(*args):
        return subprocess.run([program, *map(str, args)], check=True, capture_output=True, text=True).stdout

    images = torch.randn(2, 3, 224, 224, generator=torch.Generator().manual_seed(2))
    with tempfile.TemporaryDirectory() as folder, torch.no_grad():
        folder = pathlib.Path(folder)
        numpy.save(folder / "images.npy", images.numpy())
        makers = [("timm", TIMM, timm.create_model), ("torch", TORCHVISION, torchvision.models.get_model)]
        for naming, names, make in makers:
            for theirs, ours in names.items():
                torch.manual_seed(0)
                model = randomized(make(theirs))
                expected = model(images)
                torch.save(model.state_dict(), folder / "theirs.pth")
                imported, exported = folder / "ours.safetensors", folder / "exported.safetensors"
                kinglet("import", "--model", ours, folder / "theirs.pth", "--output", imported)
                answers = kinglet("predict", imported, "--tensor", folder / "images.npy", "--logits", "--json")
                logits = torch.tensor([answer["logits"] for answer in json.loads(answers)])
                kinglet("export", imported, "--format", naming, "--output", exported)
                again = make(theirs)
                again.load_state_dict(load_file(exported), strict=True)
                scale = expected.std()
                print(
                    f"{naming:6} {theirs:16} {ours:16}"
                    f" imported {(logits - expected).abs().max() / scale:.1e}"
                    f" exported {(again.eval()(images) - expected).abs().max() / scale:.1e}",
                    flush=True,
                )


if __name__ == "__main__":
    compare(sys.argv[2]) if sys.argv[1:2] == ["--logits"] else record()
