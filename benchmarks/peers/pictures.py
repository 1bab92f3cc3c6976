"""Test pictures: noise, gradients and edges from a seed, which compress as photographs do.

Run as a program in a process of its own: its memory must not be counted as somebody else's.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

#: Megapixels → dimensions, as cameras have them; of a panorama; of next to nothing, to see what
#: codecs need.
DIMENSIONS = {0: (100, 75), 12: (4000, 3000), 24: (6000, 4000), 33: (8192, 4096), 96: (12000, 8000)}
#: How a camera saves: baseline, colours at half the resolution.
CAMERA = {"quality": 92, "subsampling": "4:2:0"}
#: How far a photograph's pixels may be from those asked for.
TOLERANCE = 0.15
SEED = 2026


def picture(dimensions: tuple[int, int], seed: int = SEED) -> Image.Image:
    """Draw leaves of all sizes that cover each other, with texture, light and sensor noise.

    Such "dead leaves" have the statistics of photographs: edges at every scale.
    """
    random = np.random.default_rng(seed)
    image = _leaves(dimensions, random).filter(ImageFilter.GaussianBlur(1))
    pixels = np.array(image)
    light = _texture(dimensions, random) + _gradient(dimensions)
    for channel in range(3):
        noise = random.standard_normal(light.shape, dtype=np.float32) * 3
        pixels[..., channel] = np.clip(pixels[..., channel] + light + noise, 0, 255)
    return Image.fromarray(pixels)


def _leaves(dimensions: tuple[int, int], random: np.random.Generator) -> Image.Image:
    width, height = dimensions
    image = Image.new("RGB", dimensions, (118, 112, 96))
    draw = ImageDraw.Draw(image)
    # Areas are spread so that each scale covers about as much as any other.
    radii = (width / 3) / np.sqrt(1 + random.random(20000) * 20000)
    for radius in radii:
        x, y = random.random() * width, random.random() * height
        flat = 0.3 + random.random()
        level = random.normal(115, 45)
        color = tuple(int(np.clip(level + random.normal(0, 18), 0, 255)) for _ in "RGB")
        draw.ellipse((x - radius, y - radius * flat, x + radius, y + radius * flat), color)
    return image


def _texture(dimensions: tuple[int, int], random: np.random.Generator) -> np.ndarray:
    """Return noise in octaves, each as strong as its cells are large, as in nature."""
    width, height = dimensions
    texture = np.zeros((height, width), np.float32)
    for cell in (2, 4, 8, 16, 32, 64, 256):
        grid = random.standard_normal((height // cell + 2, width // cell + 2), dtype=np.float32)
        octave = Image.fromarray(grid).resize(dimensions, Image.Resampling.BICUBIC)
        texture += np.asarray(octave) * min(1.3 * cell**0.5, 8)
    return texture


def _gradient(dimensions: tuple[int, int]) -> np.ndarray:
    width, height = dimensions
    across = np.linspace(-25, 25, width, dtype=np.float32)
    down = np.linspace(30, -30, height, dtype=np.float32)
    return across[None, :] + down[:, None]


def nearest_photo(folder: Path, megapixels: int) -> Path | None:
    """Return the baseline JPEG in the folder that has about as many pixels.

    It lies upright and has no profile: not every package turns, or converts, what it is given.
    """
    width, height = DIMENSIONS[megapixels]
    distances = {}
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in (".jpg", ".jpeg"):
            with Image.open(path) as image:
                odd = image.info.keys() & {"progressive", "icc_profile"}
                upright = image.getexif().get(0x0112, 1) == 1 and image.width >= image.height
                if upright and not odd:
                    distances[path] = abs(image.width * image.height / (width * height) - 1)
    best = min(distances, key=distances.__getitem__, default=None)
    return best if best and distances[best] <= TOLERANCE else None


def provide(megapixels: int, folder: Path, photos: Path | None) -> dict[str, object]:
    """Return where a picture of so many megapixels is, and what it is; make it if need be."""
    path = nearest_photo(photos, megapixels) if photos and megapixels else None
    origin = path.name if path else f"generated, seed {SEED}"
    if path is None:
        path = folder / f"{megapixels}.jpg"
        picture(DIMENSIONS[megapixels]).save(path, "JPEG", **CAMERA)
    with Image.open(path) as image:
        width, height = image.size
    size = path.stat().st_size
    return {"path": str(path), "dimensions": [width, height], "size": size, "origin": origin}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("megapixels", type=int, nargs="+", choices=DIMENSIONS)
    parser.add_argument("--photos", type=Path)
    options = parser.parse_args()
    Image.MAX_IMAGE_PIXELS = None  # in this process, which opens what it made
    json.dump(
        {each: provide(each, options.folder, options.photos) for each in options.megapixels},
        sys.stdout,
    )


if __name__ == "__main__":
    main()
