"""Records the files beside it, as torch and paddle write them, and hostile ones.

Run with Python 3, torch 2 and numpy 2: python3 record.py
"""
import argparse
import collections
import io
import os
import pickle
import struct
import zipfile

import numpy as np
import torch

state = collections.OrderedDict()
state["conv.weight"] = torch.arange(24, dtype=torch.float32).view(2, 3, 2, 2) / 8
state["norm.num_batches_tracked"] = torch.tensor(7)
state["index"] = torch.tensor([2, 0, 1])
state["transposed"] = torch.arange(6, dtype=torch.float32).view(2, 3).t()
state["column"] = torch.arange(12, dtype=torch.float32).view(3, 4)[:, 1]
state["parameter"] = torch.nn.Parameter(torch.tensor([0.5, -1.0]))
state["none"] = torch.zeros(0, 3)
state["tied"] = state["conv.weight"]
for name, dtype in {
    "double": torch.float64, "half": torch.float16, "bfloat16": torch.bfloat16, "int32": torch.int32,
    "int16": torch.int16, "int8": torch.int8, "uint8": torch.uint8, "bool": torch.bool,
}.items():
    state[name] = torch.tensor([0, 1], dtype=dtype)

prefixed = collections.OrderedDict(("module." + name, tensor) for name, tensor in state.items())
checkpoint = {
    "epoch": 3, "arch": "x", "args": argparse.Namespace(lr=0.1), "state_dict": prefixed,
    "best_acc1": torch.tensor(61.5), "optimizer": {"state": {0: {"momentum_buffer": torch.ones(2)}}},
}
torch.save(checkpoint, "zip.pth.tar")
torch.save(checkpoint, "stream.pth.tar", _use_new_zipfile_serialization=False)
torch.save(state, "bare.pth")
one, two = torch.tensor([1.0]), torch.tensor([2.0])
torch.save({"state_dict": {"w": one}, "state_dict_ema": {"w": two}}, "averaged.pth")
torch.save({"model": {"w": one}}, "model.pth")
torch.save({"epoch": 1}, "no_tensors.pth")
torch.save(torch.nn.Linear(1, 1), "module.pth")
torch.save({"w": torch.zeros(1).expand(1 << 30)}, "expanded.pth")
shared = torch.zeros(8)
torch.save({"w%d" % i: shared[1:] for i in range(5)}, "views.pth")


class Part:
    """A storage of which torch 0.x wrote only where it lies in another."""


class PartPickler(pickle.Pickler):
    def persistent_id(self, value):
        return ("storage", torch.FloatStorage, "root", "cpu", 6, ("part", 2, 3)) if isinstance(value, Part) else None


class Tensor:
    def __reduce__(self):
        return torch._utils._rebuild_tensor_v2, (Part(), 1, (2,), (1,), False, collections.OrderedDict())


def stream(root, keys, storages):
    out = io.BytesIO()
    for value in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}):
        pickle.dump(value, out, 2)
    PartPickler(out, 2).dump(root)
    pickle.dump(keys, out, 2)
    return out.getvalue() + storages


with open("part.pth", "wb") as file:
    file.write(stream({"w": Tensor()}, ["root"], struct.pack("<q6f", 6, *range(6))))

arrays = {
    "linear.weight": np.arange(6, dtype="f4").reshape(3, 2) / 4, "linear.bias": np.array([0.5, -1], "f4"),
    "norm._mean": np.array([0.25, 0.75], "f4"), "norm._variance": np.array([1.5, 2.5], "f4"),
    "conv.weight": np.arange(24, dtype="f4").reshape(2, 3, 2, 2) / 8,
    "fortran": np.asfortranarray(np.arange(6, dtype="f4").reshape(2, 3)), "big_endian": np.array([1, -2], ">i4"),
}
names = {name: "p_%d" % i for i, name in enumerate(arrays)}
for protocol in (2, 4):
    with open("protocol%d.pdparams" % protocol, "wb") as file:
        pickle.dump({**arrays, "StructuredToParameterName@@": names}, file, protocol)


class Reduced:
    def __init__(self, function, *arguments):
        self.reduced = function, arguments

    def __reduce__(self):
        return self.reduced


class Gadget:
    pass


def zipped(name, compression=zipfile.ZIP_STORED, **entries):
    with zipfile.ZipFile(name, "w", compression) as archive:
        for entry, content in entries.items():
            archive.writestr("archive/" + entry.replace("_pkl", ".pkl").replace("data_", "data/"), content)


hostile = {
    "system": Reduced(os.system, "touch /tmp/kinglet-was-here"),
    "eval": Reduced(eval, "1 + 1"),
    "gadget": Reduced(Gadget),
}
for name, value in hostile.items():
    zipped(name + ".pth", data_pkl=pickle.dumps({"state_dict": {"w": value}}, 2))
    with open(name + ".pdparams", "wb") as file:
        pickle.dump({"w": value}, file, 4)

zipped("bomb.pth", zipfile.ZIP_DEFLATED, data_pkl=pickle.dumps({}, 2), data_0=bytes(20_000_000))
zipped("no_pickle.zip", other=b"")


def overlapping(archive):
    """The central directory's only record a second time, under another name."""
    end = archive.rindex(b"PK\5\6")
    begin = archive.index(b"PK\1\2")
    record = archive[begin:end]
    copies = b"".join(record.replace(b"data.pkl", b"data/%03d" % i) for i in range(100))
    tail = bytearray(archive[end:])
    struct.pack_into("<HHI", tail, 8, 101, 101, len(record) + len(copies))
    return archive[:end] + copies + bytes(tail)


zipped("overlapping.pth", data_pkl=pickle.dumps({"w": [0.5] * 2000}, 2))
with open("overlapping.pth", "rb") as file:
    archive = file.read()
with open("overlapping.pth", "wb") as file:
    file.write(overlapping(archive))
