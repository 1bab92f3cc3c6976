"""Runs the packages of the field and us in turn on the same files, and writes a table.

    python -m benchmarks.peers [--quick] [--rounds 9] [--photos FOLDER] [--output FILE]

`make bench` makes the environment for it. This process imports neither Pillow nor numpy: a child's
peak memory begins at what its parent had.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.peers import report
from benchmarks.peers.figures import Sample
from benchmarks.peers.packages import PACKAGES, VARIANTS
from benchmarks.peers.tiles import PAINTERS

ROOT = Path(__file__).parents[2]
PYTHON = [sys.executable, "-W", "ignore", "-m"]


class Broken(Exception):
    """A package does not do its work here."""


class Process:
    """A program that answers lines of JSON, and lives until it is closed."""

    def __init__(self, *command: str) -> None:
        self.errors = tempfile.TemporaryFile("w+")  # noqa: SIM115
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            [*PYTHON, *command], stdin=pipe, stdout=pipe, stderr=self.errors, text=True, cwd=ROOT
        )
        #: Megabytes after the imports.
        self.memory: float = self.answer()["memory"]

    def ask(self, **values: Any) -> None:
        """Write a line. Raises `Broken`."""
        try:
            print(json.dumps(values), file=self.stdin, flush=True)
        except OSError as error:
            raise Broken("the process ended") from error

    @property
    def stdin(self) -> Any:
        return self.process.stdin

    def answer(self) -> dict[str, Any]:
        """Read a line. Raises `Broken`."""
        line = self.process.stdout.readline()  # type: ignore[union-attr]
        answer: dict[str, Any] = json.loads(line) if line else {"error": "the process ended"}
        if "error" in answer:
            self.close()
            raise Broken(answer["error"])
        return answer

    def close(self) -> None:
        self.stdin.close()
        self.process.wait()


class Session(Process):
    """A worker of one package, which stores uploads."""

    def __init__(self, name: str, format: str, folder: Path) -> None:
        self.expected = 0 if name == "plain" else len(VARIANTS)
        super().__init__("benchmarks.peers.worker", name, format, tempfile.mkdtemp(dir=folder))

    def answer(self) -> dict[str, Any]:
        answer = super().answer()
        if "sizes" in answer and len(answer["sizes"]) != self.expected:
            self.close()
            raise Broken(f"{len(answer['sizes'])} variants of {self.expected} were made")
        return answer


@dataclass
class Bench:
    """What is run, and what broke."""

    folder: Path
    rounds: int
    names: list[str] = field(default_factory=lambda: list(PACKAGES))
    broken: dict[str, str] = field(default_factory=dict)

    @contextmanager
    def sessions(self, format: str, count: int) -> Iterator[dict[str, list[Session]]]:
        """Start so many workers for every package that works, warmed up by nothing yet."""
        pool: dict[str, list[Session]] = {}
        for name in self.working():
            with self.noting(name):
                pool[name] = [Session(name, format, self.folder) for _ in range(count)]
        try:
            yield pool
        finally:
            for each in pool.values():
                for session in each:
                    session.close()

    def working(self) -> list[str]:
        return [name for name in self.names if name not in self.broken]

    @contextmanager
    def noting(self, name: str) -> Iterator[None]:
        """Leave out from now on what breaks here, with its error."""
        try:
            yield
        except Broken as error:
            self.broken[name] = str(error)
            print(f"{name} does not work here: {error}", file=sys.stderr)

    def interleaved(
        self, what: str, pool: Mapping[str, Sequence[Session]], path: str, together: int = 1
    ) -> dict[str, list[Sample]]:
        """Upload in turn to every package, round by round; the first round warms up."""
        samples: dict[str, list[Sample]] = {name: [] for name in pool}
        for number in range(self.rounds + 1):
            print(f"{what}: round {number} of {self.rounds}", file=sys.stderr)
            names = [name for name in pool if name not in self.broken]
            for name in names[number % len(names) :] + names[: number % len(names)]:
                with self.noting(name):
                    samples[name].append(uploads(pool[name][:together], path))
        return {name: samples[name][1:] for name in self.working() if name in samples}

    def memory(self, path: str, repeats: int, names: list[str]) -> dict[str, list[float]]:
        """Upload once in a fresh process of each package; return megabytes over its imports."""
        peaks: dict[str, list[float]] = {}
        for name in names * repeats:
            with self.noting(name):
                session = Session(name, "webp", self.folder)
                peak = uploads([session], path).memory
                peaks.setdefault(name, []).append(peak - session.memory)
                session.close()
        return peaks

    def fidelity(self, path: str) -> dict[str, dict[str, tuple[float, float]]]:
        """Let each package write PNG, and compare: package → width → (PSNR, SSIM)."""
        found = {report.HALF: run("benchmarks.peers.fidelity", path)}
        for name in self.working():
            if PACKAGES[name].apps or name == "pyvips":
                keep = Path(tempfile.mkdtemp(dir=self.folder))
                with self.noting(name):
                    session = Session(name, "png", self.folder)
                    uploads([session], path, keep)
                    session.close()
                    found[name] = run("benchmarks.peers.fidelity", path, str(keep))
        return found


def tiles(panorama: str, rounds: int) -> dict[str, Any]:
    """Have everybody draw six tiles in turn; return name → samples, peak and decibels.

    What does not work here is told, and left out.
    """
    painters = {}
    for name in PAINTERS:
        try:
            painters[name] = Process("benchmarks.peers.tiles", name, panorama)
        except Broken as error:
            print(f"{name} does not work here: {error}", file=sys.stderr)
    found: dict[str, Any] = {name: {"samples": []} for name in painters}
    for number in range(rounds + 1):
        print(f"tiles: round {number} of {rounds}", file=sys.stderr)
        for name, painter in painters.items():
            painter.ask(compare=False)
            answer = painter.answer()
            found[name]["memory"] = answer["memory"] - painter.memory
            if number:  # The first one warms up.
                found[name]["samples"].append(Sample(answer["wall"], answer["cpu"], 0, 0))
    for name, painter in painters.items():
        painter.ask(compare=True)
        found[name]["psnr"] = painter.answer()["psnr"]
        painter.close()
    return found


def uploads(sessions: Sequence[Session], path: str, keep: Path | None = None) -> Sample:
    """Upload to all of them at once, and wait for all. Raises `Broken`."""
    for session in sessions:
        session.ask(path=path, keep=keep and str(keep))
    answers = [session.answer() for session in sessions]
    return Sample(
        wall=max(each["ended"] for each in answers) - min(each["started"] for each in answers),
        cpu=sum(each["cpu"] for each in answers),
        memory=max(each["memory"] for each in answers),
        size=sum(answers[0]["sizes"]),
    )


@contextmanager
def busy() -> Iterator[None]:
    """Keep all cores but one busy with endless loops."""
    with ExitStack() as stack:
        for _ in range(max((os.cpu_count() or 2) - 1, 1)):
            loop = subprocess.Popen([sys.executable, "-c", "while True: pass"])
            stack.callback(loop.wait)
            stack.callback(loop.kill)
        yield


def run(module: str, *arguments: str) -> Any:
    """Run a module in a process of its own, and return what it prints as JSON."""
    command = [*PYTHON, module, *arguments]
    return json.loads(subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout)


def measure(bench: Bench, quick: bool, photos: Path | None) -> dict[str, Any]:
    """Measure everything, and return what `report` writes."""
    megapixels, repeats = (["12", "24"], 1) if quick else (["12", "24", "96"], 3)
    more = ["--photos", str(photos.resolve())] if photos else []
    print("making pictures", file=sys.stderr)
    pictures = run("benchmarks.peers.pictures", str(bench.folder), "0", *megapixels, "33", *more)
    paths = {each: pictures[each]["path"] for each in pictures}
    uploaded = {}
    with bench.sessions("webp", 2) as pool:
        uploaded["webp"] = bench.interleaved("WebP", pool, paths["12"])
        uploaded["two"] = bench.interleaved("two at a time", pool, paths["12"], together=2)
        with busy():
            uploaded["busy"] = bench.interleaved("busy", pool, paths["12"])
        uploaded["large"] = bench.interleaved("24 MP", pool, paths["24"])
    with bench.sessions("jpeg", 1) as pool:
        uploaded["jpeg"] = bench.interleaved("JPEG", pool, paths["12"])
    drawn = tiles(paths["33"], bench.rounds)
    print("memory, fidelity, reading, stages", file=sys.stderr)
    return {
        "pictures": pictures,
        "uploaded": uploaded,
        "codecs": bench.memory(paths["0"], repeats, [report.OURS]),
        "memory": {
            each: bench.memory(paths[each], repeats, bench.working()) for each in megapixels
        },
        "fidelity": {each: bench.fidelity(paths[each]) for each in ("12", "24")},
        "reading": run("benchmarks.reading", "--json"),
        "stages": {
            each: run("benchmarks.peers.stages", paths[each], str(min(bench.rounds, 5)))
            for each in ("12", "24")
        },
        "tiles": drawn,
        "broken": bench.broken,
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="three rounds, nothing of 96 MP")
    parser.add_argument("--rounds", type=int, help="9 if left out")
    parser.add_argument("--photos", type=Path, help="a folder of JPEGs to use where they fit")
    parser.add_argument("--output", type=Path, help="RESULTS.md beside this, or of --quick none")
    options = parser.parse_args()
    rounds = options.rounds or (3 if options.quick else 9)
    with tempfile.TemporaryDirectory() as folder:
        found = measure(Bench(Path(folder), rounds), options.quick, options.photos)
    page = report.written(found, rounds)
    output = options.output or (None if options.quick else ROOT / "benchmarks" / "RESULTS.md")
    print(output or page)
    if output:
        output.write_text(page)


if __name__ == "__main__":
    main()
