"""Measures screenshots (binary PPM) for the window tests, and converts them to PNG.

    picture.py png FILE.ppm OUT.png
    picture.py colours FILE.ppm         number of distinct colours
    picture.py size FILE.ppm            WIDTHxHEIGHT
    picture.py hue FILE.ppm RRGGBB      number of saturated pixels within 6 degrees of that hue
    picture.py place FILE.ppm RRGGBB SHARE
                                        x and y of a pixel on a surface of that hue, with that share of it (0 to 1) to the left
    picture.py differ A.ppm B.ppm       number of visibly different pixels; all if sizes differ
"""

import colorsys
import struct
import sys
import zlib

import numpy as np


def read(path):
    with open(path, "rb") as file:
        magic, width, height, depth = head(file)
        pixels = np.frombuffer(file.read(), dtype=np.uint8)
    if magic != b"P6" or depth != 255:
        sys.exit(f"{path} is not an 8-bit binary PPM")
    return pixels.reshape(height, width, 3)


def head(file):
    words = []
    while len(words) < 4:
        line = file.readline()
        if not line:
            sys.exit(f"{file.name} ends in its header")
        words += line.split(b"#")[0].split()
    return words[0], *map(int, words[1:])


def write_png(pixels, path):
    height, width, _ = pixels.shape
    rows = np.concatenate([np.zeros((height, 1), np.uint8), pixels.reshape(height, width * 3)], axis=1)

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n")
        file.write(chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)))
        file.write(chunk(b"IDAT", zlib.compress(rows.tobytes(), 9)))
        file.write(chunk(b"IEND", b""))


def of_hue(pixels, colour):
    wanted = colorsys.rgb_to_hsv(*(int(colour[i : i + 2], 16) / 255 for i in (0, 2, 4)))[0] * 360
    r, g, b = (pixels[..., i].astype(float) for i in range(3))
    high, low = pixels.max(axis=2).astype(float), pixels.min(axis=2).astype(float)
    span = np.maximum(high - low, 1e-9)
    hue = np.select(
        [high == r, high == g],
        [((g - b) / span) % 6, (b - r) / span + 2],
        (r - g) / span + 4,
    ) * 60
    away = np.abs((hue - wanted + 180) % 360 - 180)
    return (away <= 6) & (span >= 0.3 * high) & (high >= 60)


def place(pixels, colour, share):
    # Pixels surrounded by the same hue: excludes letters, hairlines and edges.
    surface = of_hue(pixels, colour)
    for axis in (0, 1):
        surface = np.logical_and.reduce([np.roll(surface, shift, axis) for shift in range(-5, 6)])
    y, x = np.nonzero(surface)
    if not len(x):
        sys.exit(f"nothing of the hue {colour}")
    column = np.sort(x)[min(int(share * len(x)), len(x) - 1)]
    rows = np.sort(y[x == column])
    return column, rows[len(rows) // 2]


def main(action, path, *rest):
    pixels = read(path)
    if action == "png":
        write_png(pixels, rest[0])
    elif action == "colours":
        print(len(np.unique(pixels.reshape(-1, 3), axis=0)))
    elif action == "size":
        print(f"{pixels.shape[1]}x{pixels.shape[0]}")
    elif action == "hue":
        print(int(of_hue(pixels, rest[0]).sum()))
    elif action == "place":
        print(*place(pixels, rest[0], float(rest[1])))
    elif action == "differ":
        other = read(rest[0])
        if other.shape != pixels.shape:
            print(max(other.size, pixels.size) // 3)
        else:
            print(int((np.abs(other.astype(int) - pixels) > 8).any(axis=2).sum()))
    else:
        sys.exit(__doc__)


main(*sys.argv[1:])
