"""Records what Pillow makes of the drawn images when they are turned, moved and recolored.

Run with Pillow 9.4.0:  python3 augment.py
Writes augmented.txt: a line for each case, with the image's name, the operation, its arguments and the SHA-256 of the
result's pixels. Run again, it writes the same bytes; review any difference. The images are record.py's.
"""

import hashlib
import pathlib

import PIL
from PIL import Image, ImageEnhance, ImageOps

OUT = pathlib.Path(__file__).resolve().parent
IMAGES = ("photo_like.gif", "still.gif", "gray.gif", "two_colors.gif", "tiny_3x5.gif", "one_pixel.gif")
IMAGES += ("wide_150x2.gif", "tall_2x150.gif")
SAMPLINGS = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
}
FILL = (124, 116, 104)
FACTORS = (0, 0.1, 0.46, 0.73, 1, 1.27, 1.9, 3.5)


def affine(image, matrix, sampling):
    return image.transform(image.size, Image.Transform.AFFINE, matrix, SAMPLINGS[sampling], fillcolor=FILL)


def hue(image, turn):
    """As torchvision does: the hue's byte moved by the turn's, cut off, with wrap-around."""
    h, s, v = image.convert("HSV").split()
    h = h.point([(i + int(turn * 255)) % 256 for i in range(256)])
    return Image.merge("HSV", (h, s, v)).convert("RGB")


def cases(image):
    width, height = image.size
    for sampling in SAMPLINGS:
        for angle in (0, 3.25, -7.5, 10, 30, 90, 123.456, 180, -90):
            yield "rotate", (angle, sampling), image.rotate(angle, SAMPLINGS[sampling], fillcolor=FILL)
        for factor in (0.27, -0.135, 0.3):
            yield "shear_x", (factor, sampling), affine(image, (1, factor, 0, 0, 1, 0), sampling)
            yield "shear_y", (factor, sampling), affine(image, (1, 0, 0, factor, 1, 0), sampling)
        for share in (0.405, -0.21, 0.45):
            yield "translate_x", (share, sampling), affine(image, (1, 0, share * width, 0, 1, 0), sampling)
            yield "translate_y", (share, sampling), affine(image, (1, 0, 0, 0, 1, share * height), sampling)
    for tag in range(1, 9):
        tagged = image.copy()
        tagged.getexif()[0x0112] = tag
        yield "orientation", (tag,), ImageOps.exif_transpose(tagged)
    yield "auto_contrast", (), ImageOps.autocontrast(image)
    yield "equalize", (), ImageOps.equalize(image)
    yield "invert", (), ImageOps.invert(image)
    for bits in (1, 3, 5, 8):
        yield "posterize", (bits,), ImageOps.posterize(image, bits)
    for threshold in (0, 26, 128, 230, 256):
        yield "solarize", (threshold,), ImageOps.solarize(image, threshold)
    for add in (0, 55, 99, 110):
        table = [min(255, i + add) if i < 128 else i for i in range(256)]
        yield "solarize_add", (add,), image.point(table * 3)
    for factor in FACTORS:
        yield "brightness", (factor,), ImageEnhance.Brightness(image).enhance(factor)
        yield "contrast", (factor,), ImageEnhance.Contrast(image).enhance(factor)
        yield "color", (factor,), ImageEnhance.Color(image).enhance(factor)
        yield "sharpness", (factor,), ImageEnhance.Sharpness(image).enhance(factor)
    for turn in (0, 0.1, -0.1, 0.333, 0.5, -0.5):
        yield "hue", (turn,), hue(image, turn)


def main():
    lines = [f"# Pillow {PIL.__version__}, recorded by augment.py; fill color {FILL}"]
    for name in IMAGES:
        image = Image.open(OUT / "images" / name).convert("RGB")
        for operation, arguments, result in cases(image):
            assert result.mode == "RGB"
            lines.append(" ".join([name, operation, *map(str, arguments), hashlib.sha256(result.tobytes()).hexdigest()]))
    (OUT / "augmented.txt").write_text("\n".join(lines) + "\n")
    print(len(lines) - 1, "cases")


if __name__ == "__main__":
    main()
