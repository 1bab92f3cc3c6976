"""Six tiles of a panorama, drawn by us and by what else there is, in a process for each.

    python -m benchmarks.peers.tiles NAME PANORAMA

draws them once for every line that comes in, and answers with a line of JSON. Maps and meshes are
made anew each time. The panorama is decoded before, and nothing is encoded.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

from benchmarks.peers.worker import peak_memory

#: Pixels of a tile's edge.
FACE = 2048
SIDES = "fblrud"

#: Draws the tiles.
Draw = Callable[[], list[Any]]
#: Decodes a panorama.
Decode = Callable[[str], Draw]


def ours() -> Decode:
    from PIL import Image

    from derived_images import cubemap

    def decode(path: str) -> Draw:
        image = Image.open(path)
        image.load()

        def draw() -> list[Any]:
            cubemap._cells.cache_clear()
            return [cubemap.drawn(image, side, FACE) for side in SIDES]

        return draw

    return decode


def opencv() -> Decode:
    import cv2
    import numpy as np

    def decode(path: str) -> Draw:
        image = cv2.imread(path, cv2.IMREAD_COLOR_RGB)
        return lambda: [
            cv2.remap(
                image,
                *points(side, image.shape, np.float32),
                cv2.INTER_LINEAR,
                None,
                cv2.BORDER_WRAP,
            )
            for side in SIDES
        ]

    return decode


def numpy() -> Decode:
    import numpy as np
    from PIL import Image

    def decode(path: str) -> Draw:
        image = np.asarray(Image.open(path))
        return lambda: [sampled(image, side, np.float32) for side in SIDES]

    return decode


def py360convert() -> Decode:
    import numpy as np
    import py360convert as library
    from PIL import Image

    remembering = [each for each in vars(library.utils).values() if hasattr(each, "cache_clear")]

    def decode(path: str) -> Draw:
        image = np.asarray(Image.open(path))

        def draw() -> list[Any]:
            for each in remembering:
                each.cache_clear()
            tiles = library.e2c(image, FACE, "bilinear", "dict")
            return [tiles[side.upper()] for side in SIDES]

        return draw

    return decode


def pyvips() -> Decode:
    import pyvips as library

    linear = library.Interpolate.new("bilinear")

    def decode(path: str) -> Draw:
        image = library.Image.new_from_file(path).copy_memory()
        width, height = image.width, image.height
        # mapim() does not go around.
        right = image.crop(width - 1, 0, 1, height)
        wrapped = right.join(image, "horizontal").join(image.crop(0, 0, 1, height), "horizontal")

        def draw() -> list[Any]:
            grid = (library.Image.xyz(FACE, FACE) + 0.5) * (2 / FACE) - 1
            tiles = []
            for side in SIDES:
                x, y, z = (grid[0] * 0 + value for value in _looks(side, grid[0], grid[1]))
                column = (x.atan2(z) / 360 + 0.5) % 1 * width + 0.5
                row = (0.5 - (y / (x * x + y * y + z * z) ** 0.5).asin() / 180) * height - 0.5
                tiles.append(wrapped.mapim(column.bandjoin(row), interpolate=linear).copy_memory())
            return tiles

        return draw

    return decode


#: Name → how it is called in the report, and what imports it.
PAINTERS: dict[str, tuple[str, Callable[[], Decode]]] = {
    "derived_images": ("derived-images", ours),
    "opencv": ("OpenCV, its maps by NumPy", opencv),
    "pyvips": ("pyvips, mapim", pyvips),
    "numpy": ("NumPy", numpy),
    "py360convert": ("py360convert", py360convert),
}


def _looks(side: str, x: Any, y: Any) -> tuple[Any, Any, Any]:
    """Return the direction of a point of a side: right, up and ahead."""
    return {
        "f": (x, -y, 1),
        "r": (1, -y, -x),
        "b": (-x, -y, -1),
        "l": (-1, -y, x),
        "u": (x, 1, y),
        "d": (x, -1, -y),
    }[side]


def points(side: str, shape: tuple[int, ...], kind: Any) -> tuple[Any, Any]:
    """Return column and row in the panorama for all pixels of a side, from the first one's middle."""
    import numpy as np

    height, width = shape[:2]
    line = ((np.arange(FACE) + 0.5) * (2 / FACE) - 1).astype(kind)
    looks = (np.asarray(each, kind) for each in _looks(side, *np.meshgrid(line, line)))
    x, y, z = np.broadcast_arrays(*looks)
    column = (np.arctan2(x, z) * kind(0.5 / np.pi) + kind(0.5)) * kind(width) - kind(0.5)
    row = (kind(0.5) - np.arctan2(y, np.hypot(x, z)) * kind(1 / np.pi)) * kind(height) - kind(0.5)
    return column, row


def sampled(image: Any, side: str, kind: Any) -> Any:
    """Return a side by the definition of bilinear interpolation."""
    import numpy as np

    height, width = image.shape[:2]
    column, row = points(side, image.shape, kind)
    left, top = np.floor(column).astype(np.int32), np.floor(row).astype(np.int32)
    x, y = (column - left)[..., None], (row - top)[..., None]
    lefts = left % width, (left + 1) % width
    tops = np.clip(top, 0, height - 1), np.clip(top + 1, 0, height - 1)
    upper, lower = (image[each, lefts[0]] * (1 - x) + image[each, lefts[1]] * x for each in tops)
    return np.rint(upper * (1 - y) + lower * y).astype(np.uint8)


def likeness(path: str, tiles: list[Any]) -> float:
    """Return the decibels that the worst tile has to one of exact numbers."""
    import numpy as np
    from PIL import Image

    from benchmarks.peers.fidelity import psnr

    image = np.asarray(Image.open(path))
    return min(
        psnr(tile, sampled(image, side, np.float64))
        for side, tile in zip(SIDES, map(_array, tiles), strict=True)
    )


def _array(tile: Any) -> Any:
    return tile.numpy() if hasattr(tile, "numpy") else tile


def main() -> None:
    name, path = sys.argv[1:]
    decode = PAINTERS[name][1]()
    print(json.dumps({"memory": peak_memory()}), flush=True)
    draw = decode(path)
    for line in sys.stdin:
        tiles = []  # Those of the line before are not to be there beside the new ones.
        processor, started = time.process_time(), time.monotonic()
        tiles = draw()
        answer = {
            "wall": time.monotonic() - started,
            "cpu": time.process_time() - processor,
            "memory": peak_memory(),
        }
        if json.loads(line)["compare"]:
            answer["psnr"] = likeness(path, tiles)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
