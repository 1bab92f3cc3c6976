"""Everything measured in turn, and printed."""

from __future__ import annotations

import gzip
import platform
import re
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from statistics import median

from django.conf import settings

from benchmarks.pages.browsing import WINDOWS, sights
from benchmarks.pages.gallery import BASE, WAYS, fill
from benchmarks.pages.rendering import Visit, visits
from benchmarks.pages.storages import far_away
from benchmarks.pages.uploading import MEGAPIXELS, uploads

#: Seconds that a file takes to open in a storage that is far away: about what S3 takes.
FAR = 0.010
COUNTED = ("queries", "open", "exists", "size")


def report(photos: int, rounds: int, folder: Path | None) -> None:
    packages = [f"{name} {version(name)}" for name in ("Django", "Pillow", "django-pictures")]
    print(", ".join([f"Python {platform.python_version()}", *packages]))
    filled = fill(photos, folder)
    print(
        f"A page of {filled.photos} photographs, {filled.different} different, "
        f"{filled.bytes / 1e6:.1f} MB; medians of {rounds} rounds"
    )
    show_visits("Building the page", visits(rounds))
    with far_away(FAR):
        title = f"The same, open() sleeps {FAR * 1000:.0f} ms: a simulated far storage"
        show_visits(title, visits(rounds))
    pages = written()
    show_html(pages)
    show_sights(pages)
    show_uploads(uploads(rounds))


def show_visits(title: str, found: Mapping[str, Sequence[Visit]]) -> None:
    print(f"\n{title:<60}{'ms':>9}{'ratio':>9}" + "".join(f"{each:>9}" for each in COUNTED))
    times = {name: [visit.seconds for visit in each] for name, each in found.items()}
    for name, seconds in times.items():
        calls = found[name][-1].calls
        line(
            name,
            f"{median(seconds) * 1000:.1f}",
            ratio(seconds, times[BASE]),
            *map(calls.__getitem__, COUNTED),
        )


def written() -> dict[str, str]:
    """Write every page; return way → the name of its file."""
    pages = {name: re.sub(r"\W+", "-", name) + ".html" for name in WAYS}
    for name, page in pages.items():
        (settings.SITE / page).write_text(WAYS[name].html())
    return pages


def show_html(pages: Mapping[str, str]) -> None:
    print(f"\n{'Bytes of HTML':<60}{'plain':>9}{'ratio':>9}{'gzipped':>9}{'ratio':>9}")
    contents = {name: (settings.SITE / page).read_bytes() for name, page in pages.items()}
    sizes = {name: (len(each), len(gzip.compress(each, 6))) for name, each in contents.items()}
    for name, (plain, zipped) in sizes.items():
        of_plain, of_zipped = plain / sizes[BASE][0], zipped / sizes[BASE][1]
        line(name, plain, f"{of_plain:.2f}", zipped, f"{of_zipped:.2f}")


def show_sights(pages: Mapping[str, str]) -> None:
    found = {
        (page, width): sight for page, width, sight in sights(settings.SITE, [*pages.values()])
    }
    title = "Pictures until the page's end, in Chromium"
    print(f"\n{title:<60}{'window':>9}{'requests':>9}{'MB':>9}{'ratio':>9}{'shift':>9}")
    for width in WINDOWS:
        base = found[pages[BASE], width].bytes
        for name, page in pages.items():
            sight = found[page, width]
            share = f"{sight.bytes / base:.2f}"
            line(
                name, width, sight.requests, f"{sight.bytes / 1e6:.2f}", share, f"{sight.shift:.4f}"
            )


def show_uploads(found: Mapping[str, Sequence[float]]) -> None:
    title = f"Saving an upload, {MEGAPIXELS} megapixels, no variants rendered"
    print(f"\n{title:<60}{'ms':>9}{'ratio':>9}")
    for name, seconds in found.items():
        line(name, f"{median(seconds) * 1000:.1f}", ratio(seconds, found[BASE]))


def ratio(seconds: Sequence[float], base: Sequence[float]) -> str:
    """Return the median of the rounds' own ratios."""
    return f"{median(one / other for one, other in zip(seconds, base, strict=True)):.2f}"


def line(name: str, *figures: object) -> None:
    print(f"  {name:<58}" + "".join(f"{figure:>9}" for figure in figures), flush=True)
