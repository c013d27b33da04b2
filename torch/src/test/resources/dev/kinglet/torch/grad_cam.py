"""Grad-CAM by PyTorch's autograd, in float64, of a network in an ONNX file without rewrites.

    python3 grad_cam.py peleenet=peleenet.onnx asymmnet_large=asymmnet_large.onnx > grad_cam.txt

The files are those of OnnxFile.of(Golden.model(variant)). The image is made by a formula, and normalized as the file says. For each
network and class a line "name class rows columns" is followed by the map, one row per line. Needs PyTorch, and reads ONNX itself.
"""
import json
import struct
import sys

import numpy as np
import torch
import torch.nn.functional as F

CLASSES = (34, 7)


def varint(b, i):
    value = shift = 0
    while True:
        byte = b[i]
        i += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, i


def fields(b):
    """(number, value) of a protobuf message; bytes of nested ones."""
    i = 0
    while i < len(b):
        key, i = varint(b, i)
        size = {1: 8, 5: 4}.get(key & 7)
        if key & 7 == 0:
            value, i = varint(b, i)
        else:
            if size is None:
                size, i = varint(b, i)
            value, i = b[i:i + size], i + size
        yield key >> 3, value


def integers(value):
    if isinstance(value, int):
        return [value]
    found, i = [], 0
    while i < len(value):
        one, i = varint(value, i)
        found.append(one)
    return found


def tensor(b):
    dims, name, raw, kind = [], "", b"", 1
    for number, value in fields(b):
        if number == 1:
            dims += integers(value)
        elif number == 2:
            kind = value
        elif number == 8:
            name = value.decode()
        elif number == 9:
            raw = value
    array = np.frombuffer(raw, {1: np.float32, 7: np.int64}[kind]).reshape(dims)
    return name, torch.from_numpy(array.astype(np.float64) if kind == 1 else array.copy())


def attribute(b):
    name, value, several = "", None, []
    for number, found in fields(b):
        if number == 1:
            name = found.decode()
        elif number == 2:
            value = struct.unpack("<f", found)[0]
        elif number == 3:
            value = found
        elif number == 8:
            several += integers(found)
    return name, several or value


def node(b):
    inputs, output, op, attributes = [], "", "", {}
    for number, value in fields(b):
        if number == 1:
            inputs.append(value.decode())
        elif number == 2:
            output = value.decode()
        elif number == 4:
            op = value.decode()
        elif number == 5:
            name, found = attribute(value)
            attributes[name] = found
    return op, inputs, output, attributes


def padded(x, at, value=0.0):
    top, left, bottom, right = at.get("pads", (0, 0, 0, 0))
    return F.pad(x, (left, right, top, bottom), value=value)


def run(op, x, at):
    a = x[0]
    if op == "Conv":
        return F.conv2d(padded(a, at), x[1], x[2] if len(x) > 2 else None, at["strides"], groups=at["group"])
    if op == "BatchNormalization":
        return F.batch_norm(a, x[3], x[4], x[1], x[2], False, 0, at["epsilon"])
    if op == "MaxPool":
        return F.max_pool2d(padded(a, at, -float("inf")), at["kernel_shape"], at["strides"])
    if op == "AveragePool":
        return F.avg_pool2d(padded(a, at), at["kernel_shape"], at["strides"])
    if op == "Gemm":
        return F.linear(a, x[1], x[2] if len(x) > 2 else None)
    return {
        "Relu": lambda: F.relu(a),
        "Clip": lambda: a.clamp(float(x[1]), float(x[2])),
        "Sigmoid": lambda: torch.sigmoid(a),
        "Add": lambda: a + x[1],
        "Mul": lambda: a * x[1],
        "Div": lambda: a / x[1],
        "Concat": lambda: torch.cat(x, 1),
        "GlobalAveragePool": lambda: a.mean((2, 3), keepdim=True),
        "Flatten": lambda: a.flatten(1),
        "Unsqueeze": lambda: a[:, :, None, None],
    }[op]()


def image(side, mean, std):
    y, x, c = np.meshgrid(np.arange(side), np.arange(side), np.arange(3), indexing="ij")
    pixels = ((y // 16) * 3 + (x // 16) * 5 + c * 2) % 7 * 36 + (x * y) % 13
    normalized = (pixels / 255 - np.array(mean)) / np.array(std)
    return torch.from_numpy(normalized.transpose(2, 0, 1)[None].copy())


def main():
    for word in sys.argv[1:]:
        name, path = word.split("=")
        with open(path, "rb") as file:
            model = list(fields(file.read()))
        graph = next(value for number, value in model if number == 7)
        entries = [dict(fields(value)) for number, value in model if number == 14]
        metadata = {entry[1].decode(): entry[2].decode() for entry in entries}
        nodes = [node(value) for number, value in fields(graph) if number == 1]
        values = dict(tensor(value) for number, value in fields(graph) if number == 5)
        values["input0"] = image(224, json.loads(metadata["mean"]), json.loads(metadata["std"]))
        for op, inputs, output, at in nodes:
            values[output] = run(op, [values[i] for i in inputs], at)
        before = [n[2] for n in nodes if values[n[2]].dim() == 4 and values[n[2]].shape[2] > 1][-1]  # the head
        features = values[before].detach().requires_grad_(True)
        values[before] = features
        after = [n[2] for n in nodes].index(before) + 1
        for op, inputs, output, at in nodes[after:]:
            values[output] = run(op, [values[i] for i in inputs], at)
        for index in CLASSES:
            (gradient,) = torch.autograd.grad(values["output0"][0, index], features, retain_graph=True)
            heat = F.relu((gradient.mean((2, 3), keepdim=True) * features).sum(1))[0].detach().numpy()
            print(name, index, *heat.shape)
            for row in heat:
                print(" ".join(f"{value:.9e}" for value in row))


main()
