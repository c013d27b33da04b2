"""Records optimizers.txt: a small network after 6 steps of PyTorch's and timm's optimizers in float64. Needs torch and timm."""

import pathlib

import torch
import torch.nn.functional as F
from timm.loss import BinaryCrossEntropy
from timm.optim import Lamb, RMSpropTF
from timm.utils import ModelEmaV3
from timm.utils.clip_grad import dispatch_clip_grad

torch.set_default_dtype(torch.float64)
STEPS = 6
SIDE = 8
CLASSES = 4
IMAGES = 8


class Draws:
    """A 64-bit linear congruential generator."""

    def __init__(self, seed):
        self.state = seed

    def next(self):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % (1 << 64)
        return (self.state >> 40) / (1 << 24)


class Small(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(3, 6, 3, padding=1, bias=False)
        self.norm = torch.nn.BatchNorm2d(6)
        self.fc = torch.nn.Linear(6, CLASSES)

    def forward(self, x):
        return self.fc(F.relu(self.norm(self.conv(x))).mean((2, 3)))


def network():
    net = Small()
    draws = Draws(42)
    with torch.no_grad():
        for name in ["conv.weight", "norm.weight", "norm.bias", "fc.weight", "fc.bias"]:
            tensor = net.get_parameter(name)
            values = [float(torch.tensor(draws.next() - 0.4, dtype=torch.float32)) for _ in range(tensor.numel())]
            tensor.copy_(torch.tensor(values).view(tensor.shape))
    return net.train()


def batch(number, images=IMAGES):
    draws = Draws(100 + number)
    pixels = torch.tensor([int(draws.next() * 256) for _ in range(images * SIDE * SIDE * 3)])
    labels = torch.tensor([int(draws.next() * CLASSES) for _ in range(images)])
    return (pixels.view(images, SIDE, SIDE, 3).permute(0, 3, 1, 2) / 255.0 - 0.3) / 0.5, labels


def split(net):
    """Parameters with weight decay and those without."""
    return [p for p in net.parameters() if p.ndim > 1], [p for p in net.parameters() if p.ndim <= 1]


def groups(net, decay):
    weights, others = split(net)
    return [{"params": weights, "weight_decay": decay}, {"params": others, "weight_decay": 0}]


class Lookahead:
    """Slow weights, towards which the fast ones go every second step; the statistics with them."""

    def __init__(self, net, ramp):
        self.slow = {name: tensor.clone() for name, tensor in net.state_dict().items()}
        self.ramp = ramp
        self.module = net

    def update(self, net, step):
        if step % 2 and step < STEPS:
            return
        decay = 0.6 * (step / STEPS) ** self.ramp
        for name, tensor in net.state_dict().items():
            if tensor.is_floating_point():
                self.slow[name].lerp_(tensor, 1 - decay)
                tensor.copy_(self.slow[name])


def train(net, optimizer, rate, clip=None, loss=None, ema=None, accumulate=False):
    loss = loss or (lambda logits, labels: F.cross_entropy(logits, labels, label_smoothing=0.1))
    for step in range(STEPS):
        scale = 1 - step / 10
        for group in optimizer.param_groups:
            group["lr"] = rate * group.get("scale", 1) * scale
        optimizer.zero_grad()
        if accumulate:
            for part, images in ((step, IMAGES), (step + 50, IMAGES // 2)):
                x, labels = batch(part, images)
                (loss(net(x), labels) * images / (IMAGES * 1.5)).backward()
        else:
            x, labels = batch(step)
            loss(net(x), labels).backward()
        if clip:
            mode, limit = clip
            clipped = [p for n, p in net.named_parameters() if mode != "agc" or not n.startswith("fc")]
            dispatch_clip_grad(clipped, limit, mode)
        optimizer.step()
        if ema:
            ema.update(net, step=step + 1)
    return ema.module if ema else net


lines = []


def record(name, net):
    for key, tensor in net.state_dict().items():
        if tensor.is_floating_point():
            lines.append(" ".join([name, key] + [f"{v:.9g}" for v in tensor.flatten().tolist()]))


def sgd(net, nesterov=False):
    return torch.optim.SGD(groups(net, 0.01), lr=1, momentum=0.9, nesterov=nesterov)


net = network()
record("sgd", train(net, sgd(net), 0.1))
net = network()
record("nesterov", train(net, sgd(net, True), 0.1))
net = network()
record("adamw", train(net, torch.optim.AdamW(groups(net, 0.05), lr=1, betas=(0.9, 0.99), eps=1e-2), 0.01))
net = network()
record("rmsprop", train(net, torch.optim.RMSprop(groups(net, 0.01), lr=1, alpha=0.9, momentum=0.8, eps=1e-2), 0.01))
net = network()
record("rmsproptf", train(net, RMSpropTF(groups(net, 0.01), lr=1, alpha=0.9, momentum=0.8, eps=1e-2), 0.1))
net = network()
record("lamb", train(net, Lamb(groups(net, 0.02), lr=1, betas=(0.9, 0.99), eps=1e-2), 0.01))
for mode, limit in (("norm", 0.3), ("value", 0.02), ("agc", 0.05)):
    net = network()
    record("clip-" + mode, train(net, sgd(net), 0.1, clip=(mode, limit)))
net = network()
bce = BinaryCrossEntropy(smoothing=0.1)
record("bce", train(net, sgd(net), 0.1, loss=bce))
net = network()
record("accumulated", train(net, sgd(net), 0.1, accumulate=True))
net = network()
record("ema", train(net, sgd(net), 0.1, ema=ModelEmaV3(net, decay=0.7)))
net = network()
record("ema-warmup", train(net, sgd(net), 0.1, ema=ModelEmaV3(net, decay=0.9999, use_warmup=True)))
net = network()
record("lookahead", train(net, sgd(net), 0.1, ema=Lookahead(net, ramp=0)))
net = network()
record("lookahead-ramp", train(net, sgd(net), 0.1, ema=Lookahead(net, ramp=3)))
net = network()
record(
    "layer-decay",
    train(
        net,
        torch.optim.SGD(
            [
                {"params": [net.conv.weight], "weight_decay": 0.01, "scale": 0.5},
                {"params": [net.norm.weight, net.norm.bias], "weight_decay": 0, "scale": 0.5},
                {"params": [net.fc.weight], "weight_decay": 0.01, "scale": 3},
                {"params": [net.fc.bias], "weight_decay": 0, "scale": 3},
            ],
            lr=1,
            momentum=0.9,
        ),
        0.1,
    ),
)
net = network()
net.norm.weight.requires_grad_(False)
record(
    "norm-scale",
    train(
        net,
        torch.optim.SGD(
            [
                {"params": [net.conv.weight, net.fc.weight, net.fc.bias], "weight_decay": 0.01},
                {"params": [net.norm.bias], "weight_decay": 0.01 / 4, "scale": 4},
            ],
            lr=1,
            momentum=0.9,
            nesterov=True,
        ),
        0.02,
    ),
)
net = network()
net.conv.requires_grad_(False)
net.norm.requires_grad_(False)
net.norm.eval()
head = [{"params": [net.fc.weight], "weight_decay": 0.01}, {"params": [net.fc.bias], "weight_decay": 0}]
record("frozen", train(net, torch.optim.SGD(head, lr=1, momentum=0.9), 0.1))
net = network()
average = train(net, sgd(net), 0.1, ema=ModelEmaV3(net, decay=0.7))
average.norm.reset_running_stats()
average.norm.momentum = None  # the mean of all batches
average.norm.train()
for number in range(3):
    average(batch(number)[0])
record("ema-estimated", average)

text = "\n".join(lines) + "\n"
pathlib.Path(__file__).with_name("optimizers.txt").write_text(text)
