"""What it costs to move images into the library: `python -m benchmarks.attachments --rows 100000`.

Each row has a small picture in a column of its own, one in ten the same bytes as another. A line for
each tenth: how many so far, how many a second, and the most memory that the process ever had.
"""

from __future__ import annotations

import argparse
import io
import os
import resource
import tempfile
import time
from pathlib import Path

import django
from PIL import Image


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=100_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "benchmarks.attachments.settings",
            "BENCHMARK_SITE": folder,
        }
        django.setup()
        fill(rows, Path(folder, "media"))
        move(rows)


def fill(rows: int, media: Path) -> None:
    """Make the rows and their files, a thousand in a folder."""
    from django.core.management import call_command

    from benchmarks.attachments.models import Product

    call_command("migrate", run_syncdb=True, verbosity=0)
    buffer = io.BytesIO()
    Image.new("RGB", (32, 24), "tomato").save(buffer, "JPEG")
    for first in range(0, rows, 1000):
        names = [f"products/{first}/{number}.jpg" for number in range(first, first + 1000)]
        (media / "products" / str(first)).mkdir(parents=True)
        for number, name in enumerate(names, first):
            # What follows a picture's end is not seen, and makes other bytes of it.
            twin = number - (number % 10 == 1)
            (media / name).write_bytes(buffer.getvalue() + str(twin).encode())
        Product.objects.bulk_create(Product(photo=name) for name in names)


def move(rows: int) -> None:
    """Move them all, and tell how it goes."""
    from django.apps import apps

    from derived_images.attachments.adoption import Adoption

    done, told, begun = 0, 0, time.perf_counter()
    print(f"{'rows':>9} {'a second':>9} {'MB':>5}")

    def advance(number: int) -> None:
        nonlocal done, told, begun
        done += number
        if done - told >= rows / 10:
            now = time.perf_counter()
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(f"{done:>9} {(done - told) / (now - begun):>9.0f} {memory:>5.0f}", flush=True)
            told, begun = done, now

    adoption = Adoption(apps, "attachments.Product", "photo", "default", print)
    print(adoption.move(advance))


if __name__ == "__main__":
    main()
