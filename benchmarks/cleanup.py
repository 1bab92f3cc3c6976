"""What it costs on PostgreSQL that files follow their rows: `python -m benchmarks.cleanup`.

Rows of an `AutoCleanupImageField` with four variants beside rows of Django's `ImageField`, deleted
and saved in turns, in a project with four file fields. Each figure is a median. The server is
started here, listens on a socket, and need not reach the disk: round trips are as short as can be.

The files are not there. So `delete()` is asked of a real folder for every one, and nothing is freed.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any, NamedTuple

import django
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import Model

from derived_images.naming import allocate
from tests.servers import missing, running

#: Rows that are deleted together → how often.
DELETIONS = {1: 51, 1000: 11, 100_000: 2}
SAVES = 201
ALONE = 51

Work = Callable[[], object]


class Cost(NamedTuple):
    milliseconds: float
    #: Of this process; the server's is the rest.
    cpu: float
    #: Without BEGIN and COMMIT.
    statements: int


def cost(work: Work) -> Cost:
    statements = []

    def count(execute: Callable[..., Any], *args: Any) -> Any:
        statements.append(1)
        return execute(*args)

    with connection.execute_wrapper(count):
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return Cost(wall * 1000, cpu * 1000, len(statements))


def peak(work: Work) -> float:
    """Return the most that Python holds at once, in MB; it takes several times as long."""
    tracemalloc.start()
    work()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most / 1e6


def medians(costs: list[Cost]) -> Cost:
    return Cost(*(statistics.median(each) for each in zip(*costs, strict=True)))


def in_turns(prepare: Callable[[type[Model]], Work], times: int) -> list[Cost]:
    """Return what the work costs with a plain field, and with ours."""
    costs: dict[str, list[Cost]] = {"Plain": [], "Ours": []}
    for _ in range(times):
        for name, each in costs.items():
            each.append(cost(prepare(of(name))))
    return [medians(each) for each in costs.values()]


def rows_of(model: type[Model], count: int) -> None:
    """Make rows that name files as our field would have named them."""
    names = (allocate("ours/cat.jpg", (3000, 2000), "jpg", lambda name: True) for _ in range(count))
    model.objects.bulk_create((model(image=name) for name in names), batch_size=10_000)
    analyze(model)


def analyze(model: type[Model]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"VACUUM ANALYZE {model._meta.db_table}")


def of(name: str) -> type[Model]:
    return apps.get_model("benchmarks", name)


# --- What is measured


def deletions(most: int) -> Iterator[str]:
    yield "| rows | plain | ours | ratio | ours, CPU | statements | peak memory |"
    yield "|---|---|---|---|---|---|---|"
    for count, times in DELETIONS.items():
        if count <= most:
            plain, ours = in_turns(lambda model, count=count: deletion(model, count), times)
            memory = [peak(deletion(of(name), count)) for name in ("Plain", "Ours")]
            yield (
                f"| {count:,} | {plain.milliseconds:,.1f} ms | {ours.milliseconds:,.1f} ms "
                f"| {ours.milliseconds / plain.milliseconds:,.1f} | {ours.cpu:,.1f} ms "
                f"| {plain.statements:,.0f} → {ours.statements:,.0f} "
                f"| {memory[0]:.1f} → {memory[1]:.1f} MB |"
            )


def deletion(model: type[Model], count: int) -> Work:
    rows_of(model, count)
    return model.objects.all().delete


def beside(count: int) -> Iterator[str]:
    yield "| one row deleted beside | ours | added |"
    yield "|---|---|---|"
    alone = one_deletion()
    yield f"| empty tables | {alone:.2f} ms | |"
    for name in ("Indexed", "Unindexed"):
        with filled(of(name), count):
            milliseconds = one_deletion()
        added = milliseconds - alone
        yield f"| {count:,} rows, {name.lower()} | {milliseconds:.2f} ms | {added:.2f} ms |"


def one_deletion() -> float:
    return medians([cost(deletion(of("Ours"), 1)) for _ in range(ALONE)]).milliseconds


@contextmanager
def filled(model: type[Model], count: int) -> Iterator[None]:
    """Fill the model's table with rows that name other files."""
    table = model._meta.db_table
    insert = f"INSERT INTO {table} (file) SELECT md5(n::text) FROM generate_series(1, %s) n"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(insert, [count])
        analyze(model)
        yield
        cursor.execute(f"TRUNCATE {table}")


def saves() -> Iterator[str]:
    yield "| one `save()` of a row | plain | ours | added | ratio | statements |"
    yield "|---|---|---|---|---|---|"
    for where, block in {"in autocommit": nullcontext, "in `atomic()`": transaction.atomic}.items():
        plain, ours = in_turns(lambda model, block=block: save(model, block), SAVES)
        yield (
            f"| {where} | {plain.milliseconds:.2f} ms | {ours.milliseconds:.2f} ms "
            f"| {ours.milliseconds - plain.milliseconds:.2f} ms "
            f"| {ours.milliseconds / plain.milliseconds:.2f} "
            f"| {plain.statements:.0f} → {ours.statements:.0f} |"
        )


def save(model: type[Model], block: Callable[[], Any]) -> Work:
    row = model.objects.first()
    if row is None:
        rows_of(model, 1)
        row = model.objects.get()

    def work() -> None:
        with block():
            row.save()

    return work


# --- The project


@contextmanager
def project() -> Iterator[None]:
    """Set up a project with a database of its own, and an empty folder."""
    with running("postgresql") as database, tempfile.TemporaryDirectory() as media:
        server = {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": "postgres",
            "USER": "tests",
            "HOST": database.partition(":")[2],
        }
        settings.configure(
            INSTALLED_APPS=["derived_images", "benchmarks"],
            DATABASES={"default": server},
            DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
            MEDIA_ROOT=media,
        )
        django.setup()
        call_command("migrate", run_syncdb=True, verbosity=0)
        yield
        connection.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=100_000, help="delete at most so many together")
    parser.add_argument("--beside", type=int, default=2_000_000, help="rows of the big tables")
    arguments = parser.parse_args()
    if lack := missing("postgresql"):
        parser.exit(1, f"PostgreSQL is needed: {lack}.\n")
    with project():
        for part in (deletions(arguments.rows), beside(arguments.beside), saves()):
            for line in part:
                print(line, flush=True)
            print()


if __name__ == "__main__":
    main()
