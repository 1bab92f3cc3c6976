"""Mutants of the library: `python -m tests.life.run_mutants`, or `make mutants`.

Each is made in a copy of the checkout and handed to the suites that must catch it, one after the
other. One that survives is an error: a suite says that all is well when it is not. Each suite is
given the library as it is, too, and must find nothing.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

from tests.attachments.mutants import MUTANTS as MUTANTS_OF_IMAGES
from tests.life.mutants import MUTANTS as MUTANTS_OF_FILES
from tests.life.mutants import Mutant
from tests.servers import missing, running

ROOT = Path(__file__).parents[2]
COPIED = ("derived_images", "tests", "setup.cfg")

PYTEST = ("-m", "pytest", "-x", "-q", "-p", "no:cacheprovider")
#: Suite → the server that it is for, and its command.
SUITES = {
    "stories": ("sqlite", (*PYTEST, "tests/life/test_stories.py")),
    "stories on postgresql": ("postgresql", (*PYTEST, "tests/life/test_stories.py")),
    "stories on mariadb": ("mariadb", (*PYTEST, "tests/life/test_stories.py")),
    "stateful": ("sqlite", ("-m", "tests.life.run_stateful", "--no-shrink", "--steps", "20000")),
    "faults": ("sqlite", (*PYTEST, "tests/life/test_faults.py")),
    "races": ("postgresql", (*PYTEST, "tests/life/test_races.py")),
    "lives of images": ("sqlite", (*PYTEST, "tests/attachments/test_stateful.py")),
    "races for images": ("postgresql", (*PYTEST, "tests/attachments/test_races.py")),
    "audit": ("sqlite", (*PYTEST, "tests/test_audit.py", "tests/test_audit_images.py")),
}


MUTANTS = [*MUTANTS_OF_FILES, *MUTANTS_OF_IMAGES]

#: The library as it is.
CONTROL = Mutant("nothing", "", "", "")


@dataclass(frozen=True)
class Hunt:
    """One mutant before one suite."""

    mutant: Mutant
    suite: str
    #: Of the random suite; ``None`` of the others.
    seed: int | None = None

    @property
    def server(self) -> str:
        return SUITES[self.suite][0]

    def __str__(self) -> str:
        seed = "" if self.seed is None else f", seed {self.seed}"
        return f"{self.mutant.name:<60} {self.suite}{seed}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", help="the mutants to make; all if left out")
    parser.add_argument("--seeds", nargs="*", type=int, default=[1, 2, 3], help="of the stateful")
    arguments = parser.parse_args()
    mutants = [each for each in MUTANTS if not arguments.names or each.name in arguments.names]
    hunts = [hunt for mutant in mutants for hunt in hunts_of(mutant, arguments.seeds)]
    controls = {(each.suite, each.seed): replace(each, mutant=CONTROL) for each in hunts}
    wrong = 0
    for hunt, failed in run([*controls.values(), *hunts]):
        wrong += failed is (hunt.mutant == CONTROL)
        outcome = {True: "caught", False: "survived", None: "skipped"}[failed]
        print(f"{outcome:<10}{hunt}", flush=True)
    print(f"{len(mutants)} mutants, {len(hunts)} hunts, {len(controls)} controls, {wrong} wrong")
    return bool(wrong)


def hunts_of(mutant: Mutant, seeds: Iterable[int]) -> list[Hunt]:
    hunts = []
    for suite in mutant.suites:
        each = seeds if suite == "stateful" else [None]
        hunts += [Hunt(mutant, suite, seed) for seed in each]
    return hunts


def run(hunts: list[Hunt]) -> Iterable[tuple[Hunt, bool | None]]:
    """Yield each hunt with whether the mutant was caught; ``None`` where a server is missing."""
    in_memory = [hunt for hunt in hunts if hunt.server == "sqlite"]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from zip(in_memory, pool.map(go, in_memory), strict=True)
    for server in sorted({hunt.server for hunt in hunts} - {"sqlite"}):
        # One at a time: they share its tables.
        of_server = [hunt for hunt in hunts if hunt.server == server]
        with nullcontext() if missing(server) else running(server) as database:
            for hunt in of_server:
                yield hunt, go(hunt, database) if database else None


def make(mutant: Mutant, folder: Path) -> None:
    """Change the one place in the copy. Raises `SystemExit` if the library has moved on."""
    if mutant == CONTROL:
        return
    module = folder / mutant.path
    if (places := module.read_text().count(mutant.old)) != 1:
        sys.exit(
            f"{mutant.name!r}: {mutant.path} has {places} places like {mutant.old!r}, not one."
        )
    module.write_text(module.read_text().replace(mutant.old, mutant.new))


def go(hunt: Hunt, database: str = "sqlite") -> bool:
    """Make the mutant and run the suite; say whether that failed, as it should."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        for name in COPIED:
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            copy(ROOT / name, Path(folder, name))
        make(hunt.mutant, Path(folder))
        seed = () if hunt.seed is None else ("--seed", str(hunt.seed))
        command = [sys.executable, *SUITES[hunt.suite][1], *seed]
        environment = {**os.environ, "PYTHONPATH": folder, "TEST_DATABASE": database}
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
        if done.returncode > 1:
            sys.exit(f"{hunt} cannot be run:\n{done.stdout}{done.stderr}")
        return done.returncode == 1


if __name__ == "__main__":
    sys.exit(main())
