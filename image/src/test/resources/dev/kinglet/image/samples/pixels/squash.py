"""Records what torchvision and timm make of the drawn images when they are resized to a square and cropped.

Run with Pillow, torchvision and timm:  python3 squash.py
Writes squashed.txt: a line for each case, with the image's name, the part of it that is taken (or -), the input size,
crop_pct, the interpolation and the SHA-256 of the result's pixels, which torchvision's Resize((s, s)) and CenterCrop and
timm's crop mode squash agree on. Run again, it writes the same bytes; review any difference. The images are record.py's.
"""

import hashlib
import json
import math
import pathlib

import PIL
import timm
import torchvision
from PIL import Image
from timm.data.transforms_factory import transforms_imagenet_eval
from torchvision.transforms import CenterCrop, Compose, InterpolationMode, Resize

OUT = pathlib.Path(__file__).resolve().parent
IMAGES = ("baseline_420.jpg", "photo_like.jpg", "photo_like.gif", "tiny_3x5.gif", "one_pixel.gif", "wide_150x2.gif")
IMAGES += ("tall_2x150.gif",)
PORTRAIT = ("photo_like.gif", (21, 8, 21 + 67, 8 + 113))
CASES = ((224, 0.875), (64, 1.0), (33, 0.9), (15, 0.8))
SAMPLINGS = {"bilinear": InterpolationMode.BILINEAR, "bicubic": InterpolationMode.BICUBIC}


def squash(image, size, crop_pct, interpolation):
    side = math.floor(size / crop_pct)
    result = Compose([Resize((side, side), SAMPLINGS[interpolation]), CenterCrop(size)])(image)
    timms = transforms_imagenet_eval(size, crop_pct, "squash", interpolation=interpolation, normalize=False)(image)
    assert result.tobytes() == timms.permute(1, 2, 0).numpy().tobytes()
    return hashlib.sha256(result.tobytes()).hexdigest()


def main():
    decoded = {entry["file"]: entry["rgb_sha256"] for entry in json.loads((OUT / "expected.json").read_text())["images"]}
    lines = [f"# Pillow {PIL.__version__}, torchvision {torchvision.__version__.split('+')[0]}, timm {timm.__version__}, by squash.py"]
    for name, box in [(name, None) for name in IMAGES] + [PORTRAIT]:
        image = Image.open(OUT / "images" / name).convert("RGB")
        assert hashlib.sha256(image.tobytes()).hexdigest() == decoded[name], name
        part = "-" if box is None else f"{box[2] - box[0]}x{box[3] - box[1]}+{box[0]}+{box[1]}"
        image = image if box is None else image.crop(box)
        for size, crop_pct in CASES:
            for interpolation in SAMPLINGS:
                lines.append(f"{name} {part} {size} {crop_pct} {interpolation} {squash(image, size, crop_pct, interpolation)}")
    (OUT / "squashed.txt").write_text("\n".join(lines) + "\n")
    print(len(lines) - 1, "cases")


if __name__ == "__main__":
    main()
