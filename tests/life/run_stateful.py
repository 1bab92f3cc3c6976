"""Long random lives: `python -m tests.life.run_stateful --steps 200000 --seed 7`, or `make stateful`.

All families of rules act together, in batches of examples whose seeds follow from one. It runs on
SQLite in memory, or on the server that `TEST_DATABASE` tells of.
"""

from __future__ import annotations

import argparse
import logging
import os
import random
import subprocess
import sys
import time
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
    arguments = parser.parse_args()
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
        f"commit {commit()}, seed {arguments.seed}, {stateful.Life.steps} steps of "
        f"{arguments.machine} on {settings.SERVER}: {result}"
    )
    return int(failed)


def run(arguments: argparse.Namespace) -> bool:
    """Run batches until so many steps are done; say whether one failed."""
    seeds, started = random.Random(arguments.seed), time.monotonic()
    while stateful.Life.steps < arguments.steps:
        machine = seed(seeds.getrandbits(64))(getattr(stateful, arguments.machine))
        try:
            run_state_machine_as_test(machine, settings=batch(arguments))
        except Exception as error:
            print()
            sys.excepthook(type(error), error, error.__traceback__)
            return True
        show(sys.stdout, stateful.Life.steps, arguments.steps, time.monotonic() - started)
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
