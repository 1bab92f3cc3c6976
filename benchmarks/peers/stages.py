"""What Pillow itself needs for each step, alone in one thread: the bound of what we can reach."""

from __future__ import annotations

import io
import json
import sys
import time
from collections import defaultdict

from PIL import Image

from benchmarks.peers.packages import OPTIONS, VARIANTS

LANCZOS = Image.Resampling.LANCZOS


def stages(path: str) -> dict[str, float]:
    """Return step → seconds of processor time, for one picture."""
    seconds: dict[str, float] = {}

    def step(name: str, started: float) -> None:
        seconds[name] = time.process_time() - started

    for scale in (1, 2):
        started = time.process_time()
        with Image.open(path) as image:
            image.draft("RGB", (image.width // scale, image.height // scale))
            image.load()
        step(f"decode at 1/{scale}", started)
        picture = image.copy()
        for _, (edge, quality) in sorted(VARIANTS.items(), key=lambda item: -item[1][0]):
            size = edge, round(edge * picture.height / picture.width)
            if scale == 1:
                started = time.process_time()
                image.resize(size, LANCZOS)
                step(f"Lanczos from the whole to {edge}", started)
            started = time.process_time()
            picture = picture.resize(size, LANCZOS)
            step(f"Lanczos from the next larger to {edge}, after 1/{scale}", started)
            for format in ("webp", "jpeg") if scale == 1 else ():
                started = time.process_time()
                picture.save(io.BytesIO(), format, quality=quality, **OPTIONS[format])
                step(f"{format} of {edge}", started)
    return seconds


if __name__ == "__main__":
    rounds: dict[str, list[float]] = defaultdict(list)
    for _ in range(int(sys.argv[2])):
        for name, value in stages(sys.argv[1]).items():
            rounds[name].append(value)
    json.dump(rounds, sys.stdout)
