"""Records pickles.txt: one pickle a line, its name, its protocol and its bytes in base64.

Run with Python 3 and numpy 2: python3 record.py > pickles.txt
What Python 2 wrote is spelled out by hand, since none is at hand; Python 3 reads it back below.
"""
import base64
import collections
import os
import pickle

import numpy as np


def record(name, protocol, pickled):
    print(name, protocol, base64.b64encode(pickled).decode())


plain = {
    "none": None, "yes": True, "no": False, "one": 1, "negative": -5, "big": 2**40, "huge": -2**80, "decimal": 3.25,
    "text": "h\u00e9 \u4e2d", "bytes": b"\x00\xff", "single": (1,), "pair": (1, 2), "four": (1, 2, 3, 4), "empty": (),
    "list": [1, [2]], "dict": {1: 2.5},
}
for protocol in range(6):
    record("plain", protocol, pickle.dumps(plain, protocol))

for protocol in (0, 2, 4):
    record("ordered", protocol, pickle.dumps(collections.OrderedDict([("b", 1), ("a", 2)]), protocol))

for protocol in (2, 5):
    record("bytes", protocol, pickle.dumps([b"\xff\x00a", b"", bytearray(b"ab")], protocol))

matrix = np.arange(6, dtype="<f4").reshape(2, 3)
arrays = {
    "c": matrix, "fortran": np.asfortranarray(matrix), "bytes": np.array([1, 255], "u1"),
    "big_endian": np.array([1, 2], ">i2"), "none": np.zeros((0, 4), "f8"), "half": np.array(0.5, "f2"),
    "double": np.float64(1.5), "bool": np.bool_(True),
}
for protocol in (0, 2, 4, 5):
    record("arrays", protocol, pickle.dumps(arrays, protocol))


def py2(text):
    return b"U" + bytes([len(text)]) + text


array = (
    b"cnumpy.core.multiarray\n_reconstruct\nq\x01cnumpy\nndarray\nq\x02K\x00\x85" + py2(b"b") + b"\x87R"
    b"(K\x01K\x02K\x06\x86cnumpy\ndtype\n" + py2(b"u1") + b"K\x00K\x01\x87R(K\x03" + py2(b"|")
    + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89" + py2(bytes(range(12))) + b"tb")
python2 = {
    ("python2_cifar", 2): b"\x80\x02}q\x00(" + py2(b"data") + array + py2(b"labels") + b"]q\x05(K\x03K\x07e"
        + py2(b"batch_label") + py2(b"testing batch") + py2(b"filenames") + b"](" + py2(b"a.png") + py2(b"b.png") + b"eu.",
    ("python2_text", 0): b"(dp0\nS'a\\x00\\n\\'\\\\'\np1\nI5\nsS'u'\nVh\\u00e9\np3\nsS'l'\nL12345678901234567890L\n"
        b"sS'm'\nI01\ns.",
    ("python2_ordered", 2): b"\x80\x02ccollections\nOrderedDict\n](](" + py2(b"k") + b"K\x01e](" + py2(b"j")
        + b"K\x02ee\x85R.",
}
for (name, protocol), pickled in python2.items():
    pickle.loads(pickled, encoding="latin1")
    record(name, protocol, pickled)


class Reduced:
    def __init__(self, function, argument):
        self.reduced = function, (argument,)

    def __reduce__(self):
        return self.reduced


for protocol in (0, 2, 4):
    record("os_system", protocol, pickle.dumps(Reduced(os.system, "touch /tmp/kinglet-was-here"), protocol))
    record("eval", protocol, pickle.dumps(Reduced(eval, "1 + 1"), protocol))

record("fractions", 4, pickle.dumps(__import__("fractions").Fraction(1, 3), 4))
record("object_array", 2, pickle.dumps(np.array([None], dtype=object), 2))
record("record_array", 2, pickle.dumps(np.zeros(1, dtype=[("a", "f4")]), 2))
record("set", 4, pickle.dumps({1, 2}, 4))

itself = []
itself.append(itself)
record("itself", 2, pickle.dumps(itself, 2))
