#!/usr/bin/env python3
"""Image files to top-5 with Pillow, NumPy and ONNX Runtime, to set beside `kinglet benchmark pipeline MODEL.onnx --images DIR`.

    python3 pillow_onnx.py MODEL.onnx DIR LIBRARY [--threads 2] [--processes 1] [--rounds 7]

MODEL.onnx is a file of Kinglet's that takes floats; its metadata is not read: size, resizing and normalization are
options. DIR has JPEG files in it. LIBRARY is libonnxruntime.so, as it is in Kinglet's lib/native, so that both run the
same network in the same runtime; it is called through its C interface. A process does one image after the other, and
its network uses --threads threads; several processes share the files. Needs Pillow and NumPy (Debian: python3-pil,
python3-numpy). Prints one JSON document: images per second over all processes in each round, and milliseconds per image
for preparing and for the network in the first process.
"""

import argparse
import ctypes
import json
import multiprocessing
import pathlib
import statistics
import time

import numpy
from PIL import Image

C = ctypes
VERSION = 17  # of the interface: functions are only added
# places of functions in the structure OrtApi
ERROR_MESSAGE, CREATE_ENV, CREATE_SESSION, RUN, CREATE_OPTIONS, INTRA, INTER = 2, 3, 7, 9, 10, 24, 25
TENSOR_OF_DATA, TENSOR_DATA, CPU_MEMORY = 49, 51, 69
RELEASE_VALUE = 96
FLOAT = 1


class Network:
    """A session that takes float32 [1, 3, side, side]."""

    def __init__(self, library, model, threads, side, classes):
        base = C.CDLL(library).OrtGetApiBase
        base.restype = C.POINTER(C.c_void_p)
        get_api = C.CFUNCTYPE(C.POINTER(C.c_void_p), C.c_uint32)(base()[0])
        self.api = get_api(VERSION)
        self.side, self.classes = side, classes
        env, options, self.session, self.memory = (C.c_void_p() for _ in range(4))
        self.call(CREATE_ENV, C.c_int(3), b"peer", C.byref(env))
        self.call(CREATE_OPTIONS, C.byref(options))
        self.call(INTRA, options, C.c_int(threads))
        self.call(INTER, options, C.c_int(1))
        self.call(CREATE_SESSION, env, str(model).encode(), options, C.byref(self.session))
        self.call(CPU_MEMORY, C.c_int(1), C.c_int(0), C.byref(self.memory))
        self.inputs = (C.c_char_p * 1)(b"input0")
        self.outputs = (C.c_char_p * 1)(b"output0")

    def call(self, place, *arguments):
        status = C.CFUNCTYPE(C.c_void_p)(self.api[place])
        status.argtypes = None
        failed = status(*arguments)
        if failed:
            message = C.CFUNCTYPE(C.c_char_p, C.c_void_p)(self.api[ERROR_MESSAGE])
            raise RuntimeError(message(failed).decode())

    def logits(self, image):
        shape = (C.c_int64 * 4)(1, 3, self.side, self.side)
        values = (C.c_void_p * 1)()
        results = (C.c_void_p * 1)()
        self.call(
            TENSOR_OF_DATA, self.memory, image.ctypes.data_as(C.c_void_p), C.c_size_t(image.nbytes), shape,
            C.c_size_t(4), C.c_int(FLOAT), C.byref(values))
        self.call(
            RUN, self.session, None, self.inputs, values, C.c_size_t(1), self.outputs, C.c_size_t(1), results)
        data = C.c_void_p()
        self.call(TENSOR_DATA, C.c_void_p(results[0]), C.byref(data))
        found = numpy.ctypeslib.as_array(C.cast(data, C.POINTER(C.c_float)), (self.classes,)).copy()
        release = C.CFUNCTYPE(None, C.c_void_p)(self.api[RELEASE_VALUE])
        release(results[0])
        release(values[0])
        return found


def prepared(file, options):
    image = Image.open(file).convert("RGB")
    width, height = image.size
    edge = round(options.side / options.crop)
    size = (edge, edge * height // width) if width <= height else (edge * width // height, edge)
    image = image.resize(size, Image.BICUBIC if options.bicubic else Image.BILINEAR)
    left, top = round((size[0] - options.side) / 2), round((size[1] - options.side) / 2)
    image = image.crop((left, top, left + options.side, top + options.side))
    pixels = numpy.asarray(image, numpy.float32) / 255
    pixels = (pixels - numpy.float32(options.mean)) / numpy.float32(options.std)
    return numpy.ascontiguousarray(pixels.transpose(2, 0, 1))


def top5(logits):
    shares = numpy.exp(logits - logits.max())
    shares /= shares.sum()
    best = numpy.argpartition(shares, -5)[-5:]
    return [(int(i), float(shares[i])) for i in best[numpy.argsort(-shares[best])]]


def work(part, options, barrier, results):
    files = sorted(pathlib.Path(options.dir).rglob("*.JP*G"))[part :: options.processes]
    network = Network(options.library, options.model, options.threads, options.side, options.classes)
    for file in files[:5]:
        top5(network.logits(prepared(file, options)))
    for _ in range(options.rounds):
        barrier.wait()
        start = time.perf_counter()
        preparing = 0
        answers = []
        for file in files:
            before = time.perf_counter()
            image = prepared(file, options)
            preparing += time.perf_counter() - before
            answers.append(top5(network.logits(image)))
        results.put((part, start, time.perf_counter(), preparing / len(files), len(files), answers[0]))


def main():
    parser = argparse.ArgumentParser()
    for name in ("model", "dir", "library"):
        parser.add_argument(name)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--side", type=int, default=224)
    parser.add_argument("--crop", type=float, default=0.875)
    parser.add_argument("--classes", type=int, default=1000)
    parser.add_argument("--bicubic", action="store_true")
    parser.add_argument("--mean", type=float, nargs=3, default=[0.485, 0.456, 0.406])
    parser.add_argument("--std", type=float, nargs=3, default=[0.229, 0.224, 0.225])
    options = parser.parse_args()
    barrier = multiprocessing.Barrier(options.processes)
    results = multiprocessing.Queue()
    workers = [
        multiprocessing.Process(target=work, args=(i, options, barrier, results)) for i in range(options.processes)]
    for worker in workers:
        worker.start()
    rates, preparing, network = [], [], []
    for _ in range(options.rounds):
        parts = [results.get() for _ in workers]
        start, end = min(p[1] for p in parts), max(p[2] for p in parts)
        rates.append(sum(p[4] for p in parts) / (end - start))
        first = min(parts)
        preparing.append(1e3 * first[3])
        network.append(1e3 * (first[2] - first[1]) / first[4] - 1e3 * first[3])
    for worker in workers:
        worker.join()
    print(json.dumps({
        "threads": options.threads, "processes": options.processes, "images_per_s": statistics.median(rates),
        "range": [min(rates), max(rates)], "prepare_ms": statistics.median(preparing),
        "network_ms": statistics.median(network), "first_top5": first[5]}))


if __name__ == "__main__":
    main()
