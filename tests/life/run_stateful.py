"""Long random lives: `python -m tests.life.run_stateful --steps 200000 --seed 7`, or `make stateful`.

All families of rules act together, in batches of examples whose seeds follow from one. It runs on
SQLite in memory, where several processes may share the work, or on the server that `TEST_DATABASE`
tells of.
"""

from __future__ import annotations

import argparse
import logging
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import islice
from typing import TextIO

import django
from django.conf import settings
from django.test.runner import DiscoverRunner

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.life.settings")
django.setup()

from hypothesis import HealthCheck, Phase, Verbosity, seed  # noqa: E402
from hypothesis import settings as hypothesis_settings  # noqa: E402
from hypothesis.stateful import run_state_machine_as_test  # noqa: E402

from tests.life import stateful  # noqa: E402

#: Examples that follow from one seed.
BATCH = 25


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--steps", type=int, default=200_000, help="end after so many rule steps")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--machine", default="Everything", help="a class of tests.life.stateful")
    parser.add_argument("--no-shrink", action="store_true", help="show a failure as it was found")
    parser.add_argument("--jobs", type=int, default=1, help="processes that share the seeds")
    parser.add_argument("--job", type=int, default=None, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.jobs > 1 and arguments.job is None:
        return share(arguments.jobs)
    # What goes wrong on purpose is logged as a warning.
    logging.getLogger("derived_images").setLevel(logging.ERROR)
    runner = DiscoverRunner(verbosity=0, interactive=False)
    databases = runner.setup_databases()
    try:
        failed = run(arguments)
    finally:
        runner.teardown_databases(databases)
    result = "FAILED" if failed else "nothing lost, nothing left"
    print(
        f"commit {commit()}, seed {arguments.seed} (job {(arguments.job or 0) + 1} of "
        f"{arguments.jobs}), {stateful.Life.steps} steps of "
        f"{arguments.machine} on {settings.SERVER}: {result}"
    )
    return int(failed)


def share(jobs: int) -> int:
    """Start so many processes, of which each takes its seeds, and return the worst of their ends."""
    command = [sys.executable, "-m", "tests.life.run_stateful", *sys.argv[1:]]
    started = [subprocess.Popen([*command, "--job", str(job)]) for job in range(jobs)]
    return max(process.wait() for process in started)


def seeds_of(arguments: argparse.Namespace) -> Iterator[int]:
    """Yield the seeds that follow from one, or this process's share of them."""
    seeds = random.Random(arguments.seed)
    return islice(
        iter(lambda: seeds.getrandbits(64), None), arguments.job or 0, None, arguments.jobs
    )


def run(arguments: argparse.Namespace) -> bool:
    """Run batches until so many steps are done; say whether one failed."""
    seeds, started = seeds_of(arguments), time.monotonic()
    wanted = arguments.steps / arguments.jobs
    while stateful.Life.steps < wanted:
        machine = seed(next(seeds))(getattr(stateful, arguments.machine))
        try:
            run_state_machine_as_test(machine, settings=batch(arguments))
        except Exception as error:
            print()
            sys.excepthook(type(error), error, error.__traceback__)
            return True
        show(sys.stdout, stateful.Life.steps, round(wanted), time.monotonic() - started)
    print()
    return False


def batch(arguments: argparse.Namespace) -> hypothesis_settings:
    return hypothesis_settings(
        max_examples=BATCH,
        stateful_step_count=50,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, *([] if arguments.no_shrink else [Phase.shrink])],
        verbosity=Verbosity.normal,
    )


def show(stream: TextIO, steps: int, wanted: int, seconds: float) -> None:
    """Show how far it is: on a terminal always on one line."""
    end = "\r" if stream.isatty() else "\n"
    print(f"{steps}/{wanted} steps, {steps / seconds:.0f} steps/s", end=end, flush=True)


def commit() -> str:
    """Return the commit that ran, with a mark if there were changes."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=12"]
    return subprocess.run(command, capture_output=True, text=True).stdout.strip() or "unknown"


if __name__ == "__main__":
    sys.exit(main())
