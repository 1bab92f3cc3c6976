"""What a page pays to read: rows, URLs and templates, beside a plain `ImageField`.

`python -m benchmarks.reading` prints ratios: quartiles of runs in turn, in CPU time of this
process; `--json` prints the times. Rows are loaded anew for each run, so that nothing is known of any
of them; loading is timed by itself. Three URLs of variants stand beside three times
`row.image.url`, where Django makes one file and keeps it, and beside three fields, which is how
Django itself has three images.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import django
from django.core.files.storage import default_storage
from django.db import connection, models
from django.template import Context, Template

os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.settings"
django.setup()

from derived_images import AutoCleanupImageField, DerivedImagesManager  # noqa: E402

ROWS = 1000
ROUNDS = 60


class Plain(models.Model):
    image = models.ImageField()

    class Meta:
        app_label = "benchmarks"


class Derived(models.Model):
    image = models.ImageField()
    variants = DerivedImagesManager("image")

    class Meta:
        app_label = "benchmarks"


class Ours(models.Model):
    image = AutoCleanupImageField()
    variants = DerivedImagesManager("image")

    class Meta:
        app_label = "benchmarks"


class Three(models.Model):
    """What holds three images in Django itself."""

    thumb = models.ImageField()
    sm = models.ImageField()
    lg = models.ImageField()

    class Meta:
        app_label = "benchmarks"


Rows = list[Any]


def derived_one(rows: Rows) -> None:
    for row in rows:
        row.variants.thumb.url  # noqa: B018


def plain_one(rows: Rows) -> None:
    for row in rows:
        row.image.url  # noqa: B018


def derived_three(rows: Rows) -> None:
    for row in rows:
        row.variants.thumb.url, row.variants.sm.url, row.variants.lg.url  # noqa: B018


def plain_three(rows: Rows) -> None:
    for row in rows:
        row.image.url, row.image.url, row.image.url  # noqa: B018


def fields_three(rows: Rows) -> None:
    for row in rows:
        row.thumb.url, row.sm.url, row.lg.url  # noqa: B018


def storage_three(rows: Rows) -> None:
    for row in rows:
        for field in ("thumb", "sm", "lg"):
            default_storage.url(row.__dict__[field])


def page(*variables: str) -> Callable[[Rows], None]:
    """Return what renders a page of three images a row."""
    images = "".join(f'<img src="{{{{ row.{variable}.url }}}}" alt="">' for variable in variables)
    template = Template(f"{{% for row in rows %}}{images}{{% endfor %}}")
    return lambda rows: template.render(Context({"rows": rows})) and None


class Side(NamedTuple):
    model: type[models.Model]
    read: Callable[[Rows], None] | None = None

    def seconds(self) -> float:
        """Read fresh rows, or, where nothing is read of them, load them."""
        queryset = self.model._default_manager.all()
        rows = list(queryset) if self.read else []
        started = time.process_time()
        self.read(rows) if self.read else list(queryset)
        return time.process_time() - started


DERIVED_PAGE = Side(Derived, page("variants.thumb", "variants.sm", "variants.lg"))
WORKS = {
    "loading rows": (Side(Derived), Side(Plain)),
    "loading rows of our field": (Side(Ours), Side(Plain)),
    "one URL": (Side(Derived, derived_one), Side(Plain, plain_one)),
    "one URL of our field": (Side(Ours, derived_one), Side(Plain, plain_one)),
    "three URLs": (Side(Derived, derived_three), Side(Plain, plain_three)),
    "three URLs, of three fields": (Side(Derived, derived_three), Side(Three, fields_three)),
    "three URLs, of the storage alone": (Side(Three, storage_three), Side(Plain, plain_three)),
    "a page of three URLs a row": (DERIVED_PAGE, Side(Plain, page("image", "image", "image"))),
    "a page, of three fields": (DERIVED_PAGE, Side(Three, page("thumb", "sm", "lg"))),
}

#: Seconds of a thousand rows of ours, and of what stands beside.
Pair = tuple[float, float]


def fill() -> None:
    names = [f"photos/cat_3000x2000_{number:08}.jpg" for number in range(ROWS)]
    with connection.schema_editor() as editor:
        for model in (Plain, Derived, Ours, Three):
            editor.create_model(model)
    for model in (Plain, Derived, Ours):
        model._default_manager.bulk_create(model(image=name) for name in names)
    Three.objects.bulk_create(
        Three(**{field: name.replace(".jpg", f"_{field}.webp") for field in ("thumb", "sm", "lg")})
        for name in names
    )


def measure() -> dict[str, list[Pair]]:
    """Return work → the times of every round."""
    times: dict[str, list[Pair]] = {work: [] for work in WORKS}
    for number in range(ROUNDS):
        for work, sides in WORKS.items():
            # Whoever comes second finds the caches warm.
            first, second = (side.seconds() for side in sides[:: 1 if number % 2 else -1])
            times[work].append((first, second) if number % 2 else (second, first))
    return times


def names_a_second() -> float:
    """Return how many names an audit derives in a second: of all variants, each source once."""
    sources = [f"photos/cat_3000x2000_{number:08}.jpg" for number in range(10_000)]
    started = time.process_time()
    count = sum(len(Derived.variants.names(source)) for source in sources)
    return count / (time.process_time() - started)


def show(times: dict[str, list[Pair]]) -> None:
    print(f"Python {sys.version.split()[0]}, Django {django.__version__}, {ROUNDS} rounds")
    print(f"{'ratio':33}  25 %  50 %  75 %    µs a row, beside")
    for work, pairs in times.items():
        low, median, high = statistics.quantiles(ours / theirs for ours, theirs in pairs)
        ours, theirs = (statistics.median(side) / ROWS * 1e6 for side in zip(*pairs, strict=True))
        print(f"{work:33}  {low:4.2f}  {median:4.2f}  {high:4.2f}    {ours:8.1f}  {theirs:6.1f}")
    print(f"names a second: {statistics.median(names_a_second() for _ in range(5)):,.0f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--json", action="store_true")
    as_json = parser.parse_args().json
    fill()
    times = measure()
    json.dump(times, sys.stdout) if as_json else show(times)


if __name__ == "__main__":
    main()
