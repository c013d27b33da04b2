#!/usr/bin/env python3
"""Images per second through Pillow on one thread, to set beside ImageBenchmark: the same files, the same steps.

    python3 pillow_pipeline.py DIR [--seconds 10] [--per-class 12]

DIR has a folder of photos for each class. Needs Pillow and NumPy (Debian: python3-pil, python3-numpy). Prints one JSON
document: for each step the images per second by the clock, and per processor second. Steps, named as the benchmark's:

    decode                  an encoded file in memory to pixels
    resize512To224[Bicubic] an image of noise
    training                a file to a random part of it at 224 pixels, flipped or not, as bytes
    evaluation              a file, its shorter side 256 pixels, the central 224, as bytes
    ...Normalized           the same, normalized by mean and standard deviation, as float32 [3, 224, 224]
"""

import argparse
import io
import json
import math
import os
import platform
import random
import time

import numpy
import PIL
from PIL import Image

SIDE = 224
MEAN = numpy.array([0.485, 0.456, 0.406], numpy.float32)
STD = numpy.array([0.229, 0.224, 0.225], numpy.float32)
RANDOM = random.Random(1)


def part(width, height):
    """Left, top, right, bottom of a random part: 8 to 100 % of the area, 3:4 to 4:3."""
    for _ in range(10):
        area = width * height * RANDOM.uniform(0.08, 1)
        ratio = math.exp(RANDOM.uniform(math.log(3 / 4), math.log(4 / 3)))
        w, h = round(math.sqrt(area * ratio)), round(math.sqrt(area / ratio))
        if 0 < w <= width and 0 < h <= height:
            left, top = RANDOM.randint(0, width - w), RANDOM.randint(0, height - h)
            return left, top, left + w, top + h
    w, h = min(width, round(height * 4 / 3)), min(height, round(width * 4 / 3))
    left, top = (width - w) // 2, (height - h) // 2
    return left, top, left + w, top + h


def cropped(file):
    image = Image.open(file).convert("RGB")
    image = image.crop(part(*image.size)).resize((SIDE, SIDE), Image.BILINEAR)
    return image.transpose(Image.FLIP_LEFT_RIGHT) if RANDOM.random() < 0.5 else image


def central(file):
    image = Image.open(file).convert("RGB")
    width, height = image.size
    size = (256, 256 * height // width) if width <= height else (256 * width // height, 256)
    image = image.resize(size, Image.BILINEAR)
    left, top = round((size[0] - SIDE) / 2), round((size[1] - SIDE) / 2)
    return image.crop((left, top, left + SIDE, top + SIDE))


def normalized(image):
    values = numpy.array(image, numpy.float32)  # and in place, which is how NumPy is fastest
    values -= 255 * MEAN
    values *= 1 / (255 * STD)
    return numpy.ascontiguousarray(values.transpose(2, 0, 1))


def measured(step, inputs, seconds):
    for each in inputs:  # files into the system's memory
        step(each)
    done, clock, processor = 0, time.perf_counter(), time.process_time()
    while time.perf_counter() - clock < seconds:
        for each in inputs:
            step(each)
        done += len(inputs)
    return {
        "images_per_s": round(done / (time.perf_counter() - clock), 1),
        "images_per_cpu_s": round(done / (time.process_time() - processor), 1),
    }


def main():
    arguments = argparse.ArgumentParser(description="Images per second through Pillow on one thread.")
    arguments.add_argument("folder")
    arguments.add_argument("--seconds", type=float, default=10, help="for each step")
    arguments.add_argument("--per-class", type=int, default=12, help="photos of each class")
    given = arguments.parse_args()

    files = []
    for one in sorted(os.listdir(given.folder)):
        names = sorted(os.listdir(os.path.join(given.folder, one)))[: given.per_class]
        files += [os.path.join(given.folder, one, name) for name in names]
    encoded = []
    for file in files:
        with open(file, "rb") as opened:
            encoded.append(opened.read())
    noise = [Image.frombytes("RGB", (512, 512), random.Random(2).randbytes(3 * 512 * 512))]

    steps = {
        "decode": (lambda data: Image.open(io.BytesIO(data)).convert("RGB"), encoded),
        "resize512To224": (lambda image: image.resize((SIDE, SIDE), Image.BILINEAR), noise),
        "resize512To224Bicubic": (lambda image: image.resize((SIDE, SIDE), Image.BICUBIC), noise),
        "training": (lambda file: cropped(file).tobytes(), files),
        "trainingNormalized": (lambda file: normalized(cropped(file)), files),
        "evaluation": (lambda file: central(file).tobytes(), files),
        "evaluationNormalized": (lambda file: normalized(central(file)), files),
    }
    result = {"pillow": PIL.__version__, "python": platform.python_version(), "images": len(files)}
    for name, (step, inputs) in steps.items():
        result[name] = measured(step, inputs, given.seconds)
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
