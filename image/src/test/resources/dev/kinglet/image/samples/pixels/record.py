"""Draws the images beside this file and records what Pillow makes of them.

Run with Pillow 9.4.0:  python3 record.py
Writes images/<file> and expected.json: for each file the SHA-256 of its pixels as Pillow decodes them to RGB, and of these
pixels resized and cropped as torchvision does. Run again, it writes the same bytes; review any difference.
"""

import hashlib
import io
import json
import pathlib
import struct
import zlib

import PIL
from PIL import Image, ImageChops, ImageCms, ImageDraw

OUT = pathlib.Path(__file__).resolve().parent
RESIZED = ("baseline_420.jpg", "cmyk_as_decoded.png", "one_pixel.gif", "photo_like.gif", "photo_like.jpg", "still.gif")
RESIZED += ("tall_2x150.gif", "tiny_3x5.gif", "wide_150x2.gif")
FILTERS = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}


class Draws:
    """A linear congruential generator, so that the images depend on no library's generator."""

    def __init__(self, seed):
        self.state = seed

    def below(self, bound):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 33) % bound


def draw(width, height, seed):
    """A gradient under discs, bars and specks: smooth parts, hard edges and single pixels."""
    draws = Draws(seed)
    image = Image.new("RGB", (width, height))
    for y in range(height):
        for x in range(width):
            image.putpixel((x, y), (255 * x // width, 255 * y // height, (7 * x + 3 * y) % 256))
    pen = ImageDraw.Draw(image)
    for _ in range(6):
        x, y, r = draws.below(width), draws.below(height), 2 + draws.below(max(1, height // 4))
        color = tuple(draws.below(256) for _ in range(3))
        if draws.below(2):
            pen.ellipse((x - r, y - r, x + r, y + r), fill=color)
        else:
            pen.rectangle((x - r, y - 2, x + r, y + 2), fill=color)
    for _ in range(width * height // 40):
        color = tuple(draws.below(256) for _ in range(3))
        image.putpixel((draws.below(width), draws.below(height)), color)
    return image


def alpha(image):
    width, height = image.size
    mask = Image.new("L", image.size)
    for y in range(height):
        for x in range(width):
            mask.putpixel((x, y), (5 * x + 11 * y) % 256)
    return mask


def gray16(width, height):
    data = b"".join(struct.pack("<H", (x * 1021 + y * 257) % 65536) for y in range(height) for x in range(width))
    return Image.frombytes("I;16", (width, height), data)


def png(width, height, bits, kind, interlace, raw):
    """The forms that Pillow reads but does not write."""

    def chunk(name, body):
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, interlace)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(raw))) + chunk(b"IEND", b"")


def sixteen_bits(width, height, channels):
    raw = bytearray()
    for y in range(height):
        raw += b"\0"
        for x in range(width):
            for channel in range(channels):
                raw += struct.pack(">H", (x * 1021 + y * 257 + channel * 9001) % 65536)
    return png(width, height, 16, {3: 2, 4: 6}[channels], 0, raw)


def interlaced_png(image):
    width, height = image.size
    pixels = image.convert("RGB")
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    raw = bytearray()
    for left, top, across, down in passes:
        for y in range(top, height, down):
            row = bytearray()
            for x in range(left, width, across):
                row += bytes(pixels.getpixel((x, y)))
            if row:
                raw += b"\0" + row

    return png(width, height, 8, 2, 1, raw)


def part_of_screen(image, transparent):
    """A GIF whose only frame leaves a border of its screen."""
    width, height = image.size
    buffer = io.BytesIO()
    image.save(buffer, "GIF", **({} if transparent is None else {"transparency": transparent}))
    gif = bytearray(buffer.getvalue())
    at = gif.index(b"\x2c\0\0\0\0" + struct.pack("<HH", width, height))
    gif[6:10] = struct.pack("<HH", width + 9, height + 7)
    gif[at + 1 : at + 5] = struct.pack("<HH", 5, 3)
    return bytes(gif)


def black_ink(image):
    """The gray of all colors printed in black, as printers' files have it."""
    cyan, magenta, yellow, _ = image.convert("CMYK").split()
    black = ImageChops.darker(ImageChops.darker(cyan, magenta), yellow)
    inks = [ImageChops.subtract(ink, black) for ink in (cyan, magenta, yellow)]
    return Image.merge("CMYK", [*inks, black])


def as_ycck(cmyk):
    """The same file, whose Adobe segment says that its inks are luma and chroma, which Pillow does not write."""
    transform = cmyk.index(b"Adobe") + 11
    return cmyk[:transform] + b"\2" + cmyk[transform + 1 :]


def tiff(image, order, tags, side, compress):
    """Tiles or planes, which Pillow reads but does not write: each piece the differences to the pixel on the left."""
    width, height = image.size
    planes = [image] if not tags.get(284) else image.split()
    pieces = []
    for plane in planes:
        for top in range(0, height, side[1]):
            for left in range(0, width, side[0]):
                part = plane.crop((left, top, left + side[0], top + side[1]))  # black beyond the image
                samples = len(part.getbands())
                row = side[0] * samples
                raw = part.tobytes()
                raw = bytes((raw[i] - (raw[i - samples] if i % row >= samples else 0)) % 256 for i in range(len(raw)))
                pieces.append(zlib.compress(raw) if compress else part.tobytes())
    fields = {256: width, 257: height, 258: [8] * len(image.getbands()), 259: 8 if compress else 1, 317: 2}
    fields |= {262: 2 if image.mode == "RGB" else 1, 277: len(image.getbands()), 322: side[0], 323: side[1]}
    fields |= tags
    body = 8 + 2 + 12 * (len(fields) + 2) + 4
    offsets, data = [], b""
    later = b""
    for piece in pieces:
        offsets.append(len(data))
        data += piece
    fields |= {324: offsets, 325: [len(piece) for piece in pieces]}
    start = body + sum(4 * len(value) for value in fields.values() if isinstance(value, list) and len(value) > 1)
    fields[324] = [start + offset for offset in offsets]
    directory = struct.pack(order + "H", len(fields))
    for tag, value in sorted(fields.items()):
        numbers = value if isinstance(value, list) else [value]
        packed = struct.pack(f"{order}{len(numbers)}I", *numbers)
        if len(numbers) > 1:
            packed, later = struct.pack(order + "I", body + len(later)), later + packed
        directory += struct.pack(order + "HHI", tag, 4, len(numbers)) + packed
    magic = b"II*\0" if order == "<" else b"MM\0*"
    return magic + struct.pack(order + "I", 8) + directory + bytes(4) + later + data


def fields_bmp(image, bits, masks, header_bytes, top_down=False):
    """Pixels of 16 or 32 bits, which Pillow reads but does not write; without masks five bits a color."""
    width, height = image.size
    rows = []
    for y in range(height):
        row = b""
        for x in range(width):
            pixel = 0
            for value, mask in zip(image.getpixel((x, y)), masks or (0x7C00, 0x3E0, 0x1F)):
                low = (mask & -mask).bit_length() - 1
                pixel |= value >> (8 - (mask >> low).bit_length()) << low
            row += struct.pack("<I", pixel)[: bits // 8]
        rows.append(row + bytes(-len(row) % 4))
    data = b"".join(rows if top_down else rows[::-1])
    side = -height if top_down else height
    header = struct.pack("<IiiHHIIiiII", header_bytes, width, side, 1, bits, 3 if masks else 0, len(data), 0, 0, 0, 0)
    packed = struct.pack(f"<{len(masks)}I", *masks)
    header += packed + bytes(max(0, header_bytes - 40 - len(packed)))
    start = 14 + len(header)
    return b"BM" + struct.pack("<IHHI", start + len(data), 0, 0, start) + header + data


def images():
    """Writes every image; the one place that says which there are."""
    folder = OUT / "images"
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()

    def save(name, image, **options):
        image.save(folder / name, **options)

    base = draw(67, 49, 1)
    other = draw(67, 49, 2)
    palette = base.quantize(64, dither=Image.Dither.NONE)
    rgba = base.copy()
    rgba.putalpha(alpha(base))
    gray = base.convert("L")
    gray_alpha = gray.copy()
    gray_alpha.putalpha(alpha(base))
    orientation = Image.Exif()
    orientation[0x0112] = 6
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ")).tobytes()
    profile = profile[:24] + bytes(12) + profile[36:]  # the date of its making

    save("baseline_420.jpg", base, quality=85)
    save("subsampling_422.jpg", base, quality=85, subsampling=1)
    save("subsampling_444.jpg", base, quality=95, subsampling=0)
    save("progressive.jpg", base, quality=80, progressive=True)
    save("gray.jpg", gray, quality=85)
    save("low_quality.jpg", base, quality=10)
    save("exif_orientation_6.jpg", base, quality=85, exif=orientation)
    save("profile.jpg", base, quality=85, icc_profile=profile)
    save("cmyk.jpg", base.convert("CMYK"), quality=90)
    save("cmyk_420.jpg", black_ink(base), quality=90, subsampling=2)
    (folder / "ycck.jpg").write_bytes(as_ycck((folder / "cmyk.jpg").read_bytes()))
    (folder / "ycck_420.jpg").write_bytes(as_ycck((folder / "cmyk_420.jpg").read_bytes()))
    save("cmyk_as_decoded.png", Image.open(folder / "cmyk.jpg").convert("RGB"))
    save("rgb.png", base)
    save("profile.png", base, icc_profile=profile)
    save("palette.png", palette)
    save("palette_2_bits.png", base.quantize(4, dither=Image.Dither.NONE), bits=2)
    save("palette_4_bits.png", base.quantize(16, dither=Image.Dither.NONE), bits=4)
    save("palette_alpha.png", palette, transparency=bytes(range(0, 256, 4)))
    save("color_key.png", base, transparency=base.getpixel((3, 3)))
    save("rgba.png", rgba)
    save("gray.png", gray)
    save("gray_key.png", gray, transparency=gray.getpixel((3, 3)))
    save("gray_alpha.png", gray_alpha)
    save("gray16.png", gray16(67, 49))
    save("one_bit.png", base.convert("1"))
    (folder / "rgb16.png").write_bytes(sixteen_bits(67, 49, 3))
    (folder / "rgba16.png").write_bytes(sixteen_bits(67, 49, 4))
    (folder / "interlaced.png").write_bytes(interlaced_png(base))
    save("animated.png", base, save_all=True, append_images=[other], default_image=False)
    save("animated_default.png", base, save_all=True, append_images=[other, base], default_image=True)
    save("rgb.bmp", base)
    save("palette.bmp", palette)
    save("gray.bmp", gray)
    save("one_bit.bmp", base.convert("1"))
    save("rgba.bmp", rgba)
    rgb565 = (0xF800, 0x7E0, 0x1F)
    (folder / "rgb565.bmp").write_bytes(fields_bmp(base, 16, rgb565, 40))
    (folder / "rgb565_top_down_v4.bmp").write_bytes(fields_bmp(base, 16, (*rgb565, 0), 108, True))
    (folder / "rgb555.bmp").write_bytes(fields_bmp(base, 16, (), 40))
    (folder / "xbgr.bmp").write_bytes(fields_bmp(base, 32, (0xFF000000, 0xFF0000, 0xFF00), 40))
    (folder / "rgba_v4.bmp").write_bytes(fields_bmp(base, 32, (0xFF, 0xFF00, 0xFF0000, 0xFF000000), 108))
    save("still.gif", palette)
    save("gray.gif", gray)
    save("interlaced.gif", palette, interlace=True)
    save("transparent.gif", palette, transparency=palette.getpixel((3, 3)))
    save("animated.gif", palette, save_all=True, append_images=[other.quantize(64, dither=Image.Dither.NONE)])
    (folder / "part_of_screen.gif").write_bytes(part_of_screen(palette, None))
    (folder / "part_of_screen_transparent.gif").write_bytes(part_of_screen(palette, 7))
    save("two_colors.gif", base.quantize(2, dither=Image.Dither.NONE))
    save("one_bit.gif", base.convert("1"))
    save("lossless.webp", base, lossless=True)
    save("lossless_alpha.webp", rgba, lossless=True, exact=True)
    save("lossy.webp", base, quality=80)
    save("lossy_alpha.webp", rgba, quality=80)
    save("animated.webp", base, save_all=True, append_images=[other], lossless=True)
    save("rgb.tif", base)
    save("strips_lzw.tif", base, compression="tiff_lzw", tiffinfo={278: 7, 317: 2})
    save("photo_like_lzw.tif", draw(160, 121, 7), compression="tiff_lzw")
    save("rgba_deflate.tif", rgba, compression="tiff_adobe_deflate")
    save("gray_packbits.tif", gray, compression="packbits")
    save("gray_alpha_lzw.tif", gray_alpha, compression="tiff_lzw")
    save("palette_lzw.tif", palette, compression="tiff_lzw")
    save("white_is_zero.tif", ImageChops.invert(gray), tiffinfo={262: 0})
    save("orientation_6.tif", base, tiffinfo={274: 6})
    (folder / "tiles.tif").write_bytes(tiff(base, ">", {}, (32, 16), True))
    (folder / "tiles_gray.tif").write_bytes(tiff(gray, "<", {}, (16, 16), False))
    (folder / "planes.tif").write_bytes(tiff(base, "<", {284: 2}, (48, 32), True))
    save("one_pixel.gif", draw(1, 1, 3).quantize(256))
    save("tiny_3x5.gif", draw(3, 5, 4).quantize(256))
    save("wide_150x2.gif", draw(150, 2, 5).quantize(256))
    save("tall_2x150.gif", draw(2, 150, 6).quantize(256))
    save("photo_like.gif", draw(160, 121, 7).quantize(256, dither=Image.Dither.NONE))
    save("photo_like.jpg", draw(240, 181, 7), quality=60)
    return sorted(folder.iterdir())


def digest(image):
    return hashlib.sha256(image.tobytes()).hexdigest()


def shorter_side(image, pixels):
    width, height = image.size
    if width <= height:
        return pixels, int(pixels * height / width)
    return int(pixels * width / height), pixels


def center_crop(image, pixels):
    width, height = image.size
    if pixels > width or pixels > height:
        left, top = max(0, (pixels - width) // 2), max(0, (pixels - height) // 2)
        right, bottom = max(0, (pixels - width + 1) // 2), max(0, (pixels - height + 1) // 2)
        padded = Image.new("RGB", (width + left + right, height + top + bottom))
        padded.paste(image, (left, top))
        image, (width, height) = padded, padded.size
    top, left = int(round((height - pixels) / 2.0)), int(round((width - pixels) / 2.0))
    return image.crop((left, top, left + pixels, top + pixels))


def record(file):
    image = Image.open(file).convert("RGB")
    width, height = image.size
    resized = []
    for name, filter in FILTERS.items() if file.name in RESIZED else ():
        for pixels, crop in ((32, 28), (80, 73), (45, 64)):
            size = shorter_side(image, pixels)
            result = image.resize(size, filter)
            cropped = center_crop(result, crop)
            resized.append(
                {
                    "shorter": pixels,
                    "interpolation": name,
                    "width": size[0],
                    "height": size[1],
                    "sha256": digest(result),
                    "crop": crop,
                    "crop_sha256": digest(cropped),
                }
            )
        for size in ((50, 50), (7, 91)):
            resized.append(
                {
                    "exact": f"{size[0]}x{size[1]}",
                    "interpolation": name,
                    "sha256": digest(image.resize(size, filter)),
                }
            )
        if width > 40 and height > 40:
            part = image.crop((5, 9, 5 + 31, 9 + 27))
            resized.append(
                {"part": "31x27+5+9", "exact": "24x24", "interpolation": name, "sha256": digest(part.resize((24, 24), filter))}
            )
    return {
        "file": file.name,
        "mode": Image.open(file).mode,
        "width": width,
        "height": height,
        "rgb_sha256": digest(image),
        "resized": resized,
    }


def main():
    recorded = {"pillow": PIL.__version__, "images": [record(file) for file in images()]}
    (OUT / "expected.json").write_text(json.dumps(recorded, indent=1) + "\n")
    print(len(recorded["images"]), "images,", sum(f.stat().st_size for f in OUT.rglob("*") if f.is_file()), "bytes")


if __name__ == "__main__":
    main()
