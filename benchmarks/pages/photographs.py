"""Photographs for the galleries: generated ones, each of them different, or those of a folder."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from itertools import cycle, islice, permutations, product
from pathlib import Path

from PIL import Image

from benchmarks.peers.pictures import picture

SHAPES = ((2400, 1600), (1600, 2400), (2000, 1333), (1333, 2000), (1600, 1067), (1067, 1600))
#: How many are drawn: the others are these, turned over and in other colours, as drawing is slow.
DRAWN = 12
FLIPS = (
    None,
    Image.Transpose.FLIP_LEFT_RIGHT,
    Image.Transpose.FLIP_TOP_BOTTOM,
    Image.Transpose.ROTATE_180,
)
QUALITY = 90


def photographs(count: int, folder: Path | None) -> Iterator[bytes]:
    """Yield so many JPEGs; where there are fewer, they come again."""
    if folder is None:
        yield from islice(cycle(_generated(count)), count)
        return
    paths = [path for path in sorted(folder.iterdir()) if path.suffix.lower() in (".jpg", ".jpeg")]
    if not paths:
        sys.exit(f"There are no JPEGs in {folder}.")
    for path in islice(cycle(paths), count):
        yield path.read_bytes()


def jpeg(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=QUALITY)
    return buffer.getvalue()


def _generated(count: int) -> Iterator[bytes]:
    shapes = islice(cycle(SHAPES), min(DRAWN, count))
    drawn = [picture(shape, seed) for seed, shape in enumerate(shapes)]
    for (order, flip), image in product(product(permutations(range(3)), FLIPS), drawn):
        bands = image.split()
        turned = Image.merge("RGB", [bands[band] for band in order])
        yield jpeg(turned.transpose(flip) if flip is not None else turned)
