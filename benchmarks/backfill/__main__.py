"""What a backfill costs: `python -m benchmarks.backfill [workers] [rows] [dirty]`, all of them by default.

`workers`: the command on photos of 12 megapixels, by one process and by as many as there are cores,
in turns; ratios are medians of the rounds' own.
`rows`: many small pictures, by one process: how fast it is and how much memory it takes, as it goes.
`dirty`: as many old files, one in a hundred of which wants a name that is another's: each clash is
named, and no file that was there has other bytes afterwards.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import django
from PIL import Image

ROOT = Path(__file__).parents[2]
PHOTOS = 48
TWELVE_MEGAPIXELS = (4000, 3000)
COMMAND = [sys.executable, "-m", "django", "backfill_image_variants"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("what", nargs="*", help="workers, rows, dirty")
    parser.add_argument("--rounds", type=int, default=5, help="of `workers`")
    parser.add_argument("--rows", type=int, default=100_000, help="of `rows` and `dirty`")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        django.setup()
        CHILDREN[arguments.child](arguments.rows)
        return
    for what in arguments.what or MEASURES:
        print(f"\n{what}", flush=True)
        with site() as environment:
            MEASURES[what](arguments, environment)


@contextmanager
def site() -> Iterator[dict[str, str]]:
    """Make a folder with empty tables; yield the environment of its commands."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "benchmarks.backfill.settings",
            "BACKFILL_SITE": folder,
        }
        migrate = [sys.executable, "-m", "django", "migrate", "--run-syncdb", "--verbosity=0"]
        subprocess.run(migrate, check=True, cwd=ROOT, env=environment)
        yield environment


def child(what: str, rows: int, environment: dict[str, str]) -> None:
    command = [sys.executable, "-m", "benchmarks.backfill", "--child", what, "--rows", str(rows)]
    subprocess.run(command, check=True, cwd=ROOT, env=environment)


def measure_workers(arguments: argparse.Namespace, environment: dict[str, str]) -> None:
    child("photos", PHOTOS, environment)
    cores = sorted(os.sched_getaffinity(0))
    ways = {
        "one process, one core": (1, cores[:1]),
        "one process, whose encoders are threads": (1, cores),
        f"{len(cores)} processes": (len(cores), cores),
    }
    found: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(arguments.rounds):
        for way, (workers, allowed) in ways.items():
            os.sched_setaffinity(0, allowed)  # Which the command inherits.
            found[way].append(seconds_of(workers, environment))
    os.sched_setaffinity(0, cores)
    *_, many = found.values()
    for way, seconds in found.items():
        ratios = sorted(each / best for each, best in zip(seconds, many, strict=True))
        print(
            f"{way:<40} {PHOTOS / median(seconds):>5.2f} pictures/s, "
            f"{median(ratios):.2f} ({ratios[0]:.2f}–{ratios[-1]:.2f}) times as long as the last"
        )


def seconds_of(workers: int, environment: dict[str, str]) -> float:
    """Return how long the command says that it took."""
    command = [*COMMAND, "--force", "--workers", str(workers)]
    options = {"cwd": ROOT, "env": environment, "capture_output": True, "text": True}
    told = subprocess.run(command, check=True, **options).stdout
    return float(re.search(r" in ([0-9.]+) s", told)[1])  # type: ignore[index]


def measure_rows(arguments: argparse.Namespace, environment: dict[str, str]) -> None:
    child("fill", arguments.rows, environment)
    child("make", arguments.rows, environment)


def measure_dirty(arguments: argparse.Namespace, environment: dict[str, str]) -> None:
    child("spoil", arguments.rows, environment)
    before = digests(environment)
    called = subprocess.run(
        [*COMMAND, "backfill.Old"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    *clashes, _, summary = called.stdout.splitlines()
    after = digests(environment)
    changed = sum(after.get(name) != digest for name, digest in before.items())
    wanted = {line.rpartition("wanted by ")[2] for line in clashes}
    print(summary)
    print(f"{len(before)} files before, {changed} of them changed; {len(wanted)} rows clash")


def digests(environment: dict[str, str]) -> dict[str, bytes]:
    """Return name → what its bytes are."""
    media = Path(environment["BACKFILL_SITE"], "media")
    return {
        str(path.relative_to(media)): hashlib.blake2b(path.read_bytes()).digest()
        for path in media.rglob("*")
        if path.is_file()
    }


def make_photos(rows: int) -> None:
    """Make rows with photos of noise over large shapes, as heavy as a camera's."""
    noise = Image.effect_noise(TWELVE_MEGAPIXELS, 20)
    shapes = Image.effect_mandelbrot((400, 300), (-2, -1, 1, 1), 30).resize(TWELVE_MEGAPIXELS)
    mixed = Image.blend(noise, shapes, 0.7)
    data = encoded(Image.merge("RGB", [mixed, shapes, noise]), quality=92, subsampling="4:2:0")
    fill_rows(rows, TWELVE_MEGAPIXELS, data)


def fill(rows: int) -> None:
    fill_rows(rows, (32, 24), encoded(Image.new("RGB", (32, 24), "tomato")))


def fill_rows(rows: int, dimensions: tuple[int, int], data: bytes) -> None:
    """Make rows, a thousand of them in a folder."""
    from benchmarks.backfill.models import Photo
    from derived_images.naming import allocate

    for first in range(0, rows, 1000):
        numbers = range(first, min(first + 1000, rows))
        names = [
            allocate(f"photos/{first}/{number}.jpg", dimensions, "jpg", lambda name: True)
            for number in numbers
        ]
        Photo.objects.bulk_create(Photo(image=name) for name in names)
        for name in names:
            store(name, data)


def spoil(rows: int) -> None:
    """Make old rows in one folder, of which a hundredth wants what another has, or derives."""
    from benchmarks.backfill.models import Old

    data = encoded(Image.new("RGB", (32, 24), "tomato"))
    names = [f"old/{number}.jpg" for number in range(rows)]
    names += [f"old/{number}.png" for number in range(0, rows, 200)]
    names += [f"old/{number}_thumb.webp" for number in range(100, rows, 200)]
    Old.objects.bulk_create((Old(image=name) for name in names), batch_size=1000)
    for name in names:
        store(name, data)


def encoded(image: Image.Image, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", **options)
    return buffer.getvalue()


def store(name: str, data: bytes) -> None:
    from django.conf import settings

    path = Path(settings.MEDIA_ROOT, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def make(rows: int) -> None:
    """Backfill in this process, and print a line for each tenth."""
    from derived_images.backfill import Backfill, sight_of
    from derived_images.selections import selections

    print(f"{'pictures':>9} {'a second':>9} {'MB':>5}")
    begun = time.perf_counter()

    def tell(picture: object, outcome: object) -> None:
        nonlocal begun
        done = backfill.tally.processed
        if done % (rows // 10) == 0:
            seconds, begun = time.perf_counter() - begun, time.perf_counter()
            print(f"{done:>9} {rows // 10 / seconds:>9.1f} {resident():>5.0f}", flush=True)

    selected = selections()
    for _ in range(2):
        backfill = Backfill(sight_of(selected, rows, lambda what, number: None), tell=tell)
        pages = (page for selection in selected for page in selection.pages())
        backfill.run(pages, backfill.here)
        tally = backfill.tally
        print(f"created {tally.created}, skipped {tally.skipped}, failed {tally.failed}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak {peak:.0f} MB")


def resident() -> float:
    """Return megabytes in memory now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


MEASURES = {"workers": measure_workers, "rows": measure_rows, "dirty": measure_dirty}
CHILDREN = {"photos": make_photos, "fill": fill, "spoil": spoil, "make": make}

if __name__ == "__main__":
    main()
