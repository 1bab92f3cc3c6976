"""How near variants are to a full decode and one direct Lanczos: PSNR and SSIM.

Run as a program on a folder of pictures that were stored without loss: what is compared is what the
encoder would have been given. Without a folder, on what comes of decoding at a half.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.peers.packages import EDGES

#: As in the paper by Wang, Bovik, Sheikh and Simoncelli (2004): a Gaussian over 11 pixels.
SIGMA = 1.5
WINDOW = np.exp(-(np.arange(-5, 6) ** 2) / (2 * SIGMA**2))
WINDOW = (WINDOW / WINDOW.sum()).astype(np.float32)
C1, C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2


def psnr(picture: Image.Image, reference: Image.Image) -> float:
    """Return the ratio of signal to noise, over all channels, in decibels."""
    difference = np.asarray(picture, np.float64) - np.asarray(reference, np.float64)
    error = float((difference**2).mean())
    return 10 * math.log10(255**2 / error) if error else math.inf


def ssim(picture: Image.Image, reference: Image.Image) -> float:
    """Return the mean structural similarity of the two, in luma."""
    x, y = (np.asarray(each.convert("L"), np.float32) for each in (picture, reference))
    mean_x, mean_y = _blurred(x), _blurred(y)
    variance_x = _blurred(x * x) - mean_x**2
    variance_y = _blurred(y * y) - mean_y**2
    covariance = _blurred(x * y) - mean_x * mean_y
    likeness = ((2 * mean_x * mean_y + C1) * (2 * covariance + C2)) / (
        (mean_x**2 + mean_y**2 + C1) * (variance_x + variance_y + C2)
    )
    return float(likeness.mean(dtype=np.float64))


def _blurred(plane: np.ndarray) -> np.ndarray:
    for axis in (0, 1):
        length = plane.shape[axis] - len(WINDOW) + 1
        plane = sum(
            weight * plane.take(range(offset, offset + length), axis)
            for offset, weight in enumerate(WINDOW)
        )
    return plane


Likeness = dict[int, tuple[float, float]]


def compare(source: Path, pictures: Iterable[Image.Image]) -> Likeness:
    """Return width → (PSNR, SSIM) of the pictures, which were made of the source."""
    found = {}
    with Image.open(source) as image:
        original = image.convert("RGB")
    for picture in pictures:
        if picture.size != original.size:
            reference = original.resize(picture.size, Image.Resampling.LANCZOS)
            found[picture.width] = psnr(picture, reference), ssim(picture, reference)
    return dict(sorted(found.items()))


def stored(folder: Path) -> Iterator[Image.Image]:
    """Yield the pictures in the folder."""
    for path in folder.glob("*"):
        with Image.open(path) as image:
            yield image.convert("RGB")


def from_a_half(source: Path) -> Iterator[Image.Image]:
    """Yield the variants that Pillow makes when JPEG's decoder halves the dimensions."""
    with Image.open(source) as image:
        whole = image.size
        image.draft("RGB", (image.width // 2, image.height // 2))
        for edge in EDGES:
            size = edge, round(edge * whole[1] / whole[0])
            yield image.resize(size, Image.Resampling.LANCZOS)


if __name__ == "__main__":
    source, *folders = map(Path, sys.argv[1:])
    pictures = stored(folders[0]) if folders else from_a_half(source)
    json.dump(compare(source, pictures), sys.stdout)
