"""Tables of what was measured, in Markdown, beside what was aimed at."""

from __future__ import annotations

import datetime
import os
import platform
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.peers.figures import Sample, Spread, ratio, spread
from benchmarks.peers.packages import PACKAGES
from benchmarks.peers.tiles import FACE, PAINTERS

OURS = "derived_images"
TITLES = {
    "webp": "4 WebP variants of 12 MP",
    "busy": "4 WebP variants of 12 MP, all cores but one busy with something else",
    "two": "4 WebP variants of 12 MP, two uploads at a time",
    "large": "4 WebP variants of 24 MP",
    "jpeg": "4 JPEG variants of 12 MP",
}
#: Upload → what we are compared with → the ratio aimed at.
UPLOAD_TARGETS = {
    "webp": {"pillow": 0.5, "sorl_vips": 0.7, "pyvips": 1.0},
    "two": {"pillow": 0.7},
    "large": {"pillow": 0.35, "sorl_vips": 0.5},
    "jpeg": {"peer": 0.6},
}
#: What stands beside the packages in the table of fidelity.
HALF = "Pillow, decoded at a half"
MEMORY_TARGETS = {"12": 140, "24": 110, "96": 110}
PSNR_TARGET, SSIM_TARGET = 48, 0.996
READING_TARGETS = {
    "loading rows": 1.0,
    "loading rows of our field": 1.0,
    "one URL": 1.4,
    "one URL of our field": 1.4,
    "three URLs": 1.2,
    "a page of three URLs a row": 1.1,
}

Row = Sequence[object]


class Bound(NamedTuple):
    """An upload whose least possible time is told."""

    upload: str
    megapixels: str
    format: str = "webp"
    #: By how much the decoder divides the dimensions.
    reduction: int = 1
    together: int = 1


BOUNDS = [
    Bound("webp", "12"),
    Bound("two", "12", together=2),
    Bound("large", "24"),
    Bound("large", "24", reduction=2),
    Bound("jpeg", "12", "jpeg"),
]


def written(found: Mapping[str, Any], rounds: int) -> str:
    """Return the whole page."""
    parts = [
        "# Beside the packages of the field",
        _machine(found, rounds),
        "## What was aimed at",
        "Medians of all rounds. The fastest rounds of both are what is left when the machine does "
        "nothing else: threads gain most then.",
        _table(["work", "target", "measured", "", "fastest rounds"], _targets(found)),
        *_uploads(found["uploaded"]),
        "## Peak memory over imports",
        "Megabytes (10⁶ bytes): the most of a fresh process that takes one upload and makes four "
        "WebP variants, less what it had after its imports. Medians.",
        _memory(found["memory"]),
        _codecs(found["codecs"]),
        *_fidelity(found["fidelity"]),
        *_tiles(found["tiles"]),
        "## Reading",
        "Processor time, and the ratio to a plain `ImageField` and its `image.url`, read as often, "
        "or to three such fields. Rows are loaded before URLs are read, each is read once, and "
        "pages are of a thousand rows (`python -m benchmarks.reading`).",
        _reading(found["reading"]),
        "Three times `image.url` is one name: Django makes one file of it, and Python's `urlsplit()` "
        "remembers it. Three variants have three names, as three fields have; what the storage "
        "alone takes for those stands in the row of its own.",
        *_stages(found["stages"]),
        *_bounds(found),
        "## How each package is used",
        _table(["package", ""], [(each.label, each.note) for each in PACKAGES.values()]),
        *_broken(found["broken"]),
    ]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _table(head: Row, rows: Iterable[Row]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def _machine(found: Mapping[str, Any], rounds: int) -> str:
    pictures = [
        f"{megapixels} MP: {' × '.join(map(str, each['dimensions']))}, "
        f"{each['size'] / 1e6:.1f} MB ({each['origin']})"
        for megapixels, each in found["pictures"].items()
    ]
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    facts = {
        "Date": datetime.datetime.now(datetime.UTC).date(),
        "Command": f"`python -m benchmarks.peers {' '.join(sys.argv[1:])}`".replace(" `", "`"),
        "Machine": f"{os.cpu_count()} cores, {_processor()}, {platform.system()}",
        "Python": platform.python_version(),
        "Packages": ", ".join(_versions()),
        "Pictures": "; ".join(pictures),
        "Rounds": f"{rounds}, after one to warm up",
        "Load average at the end": f"{load} (1, 5, 15 minutes)",
    }
    said = "\n".join(f"- {name}: {value}" for name, value in facts.items())
    return f"""{said}

Each package runs in a long-lived process of its own and is sent the same file in turn, round by
round. Measured is a whole upload: from the temporary file of a request to the row and the last
variant on disk, in SQLite in memory. Variants fit 160, 640, 1024 and 2048 pixels in qualities 65,
80, 85 and 85, encoded as Pillow does by default, JPEG progressive and optimised (sorl-thumbnail with
vips: progressive). Ratios are the
medians of the rounds' own ratios, ours ÷ theirs; in brackets the quartiles, which tell the noise.
Processor time counts all threads, and suffers less from what else the machine does."""


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    for line in information.read_text().splitlines() if information.exists() else ():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor()


def _versions() -> Iterable[str]:
    for name in dict.fromkeys(
        ["Django", "Pillow", *(each.distribution for each in PACKAGES.values()), "pyvips-binary"]
    ):
        try:
            yield f"{name} {version(name)}"
        except PackageNotFoundError:
            yield f"{name} (not installed)"


# --- Targets


def _targets(found: Mapping[str, Any]) -> Iterable[Row]:
    for upload, aims in UPLOAD_TARGETS.items():
        samples = found["uploaded"][upload]
        for rival, aim in aims.items():
            name = rival if rival in PACKAGES else fastest(samples, rival)
            kind = {"pillow": "the fastest Pillow peer, ", "peer": "the fastest peer, "}
            said = f"≤ {aim:.2f} × {kind.get(rival, '')}{PACKAGES[name].label if name else ''}"
            if name in samples and OURS in samples:
                value, best = _ratio(samples, name), _fastest_rounds(samples, name)
                yield TITLES[upload], said, value, _met(value.median <= aim), best
            else:
                yield TITLES[upload], said, "", "not measured", ""
    for megapixels, aim in MEMORY_TARGETS.items():
        if megapixels not in found["memory"]:  # of --quick
            continue
        value = spread(found["memory"][megapixels][OURS]).median
        yield f"memory, {megapixels} MP", f"≤ {aim} MB", f"{value:.0f} MB", _met(value <= aim), ""
    for megapixels, packages in found["fidelity"].items():
        psnr, ssim = (min(each) for each in zip(*packages[OURS].values(), strict=True))
        yield (
            f"fidelity, {megapixels} MP, the worst variant",
            f"≥ {PSNR_TARGET} dB, SSIM ≥ {SSIM_TARGET}",
            f"{psnr:.1f} dB, {ssim:.4f}",
            _met(psnr >= PSNR_TARGET and ssim >= SSIM_TARGET),
            "",
        )
    yield from _tile_targets(found["tiles"])
    for what, aim in READING_TARGETS.items():
        value = ratio(*zip(*found["reading"][what], strict=True))
        yield what, f"≤ {aim:.1f} × plain", value, _met(value.median <= aim), ""


def _tile_targets(tiles: Mapping[str, Any]) -> Iterable[Row]:
    what = f"six tiles of {FACE}"
    samples = {name: each["samples"] for name, each in tiles.items()}
    if "opencv" in samples:
        value, best = _ratio(samples, "opencv"), _fastest_rounds(samples, "opencv")
        yield what, "≤ 1.0 × OpenCV", value, _met(value.median <= 1), best
    memory, psnr = tiles[OURS]["memory"], tiles[OURS]["psnr"]
    yield f"{what}, memory", "≤ 320 MB", f"{memory:.0f} MB", _met(memory <= 320), ""
    yield f"{what}, fidelity", "≥ 45 dB", f"{psnr:.1f} dB", _met(psnr >= 45), ""


def fastest(samples: Mapping[str, Sequence[Sample]], kind: str) -> str:
    """Return the package of that kind with the least median, "" if none of them works.

    "peer" is any package but ours.
    """
    kinds = {"pillow", "vips"} if kind == "peer" else {kind}
    names = [name for name in samples if PACKAGES[name].kind in kinds]
    return min(
        names, key=lambda name: spread([each.wall for each in samples[name]]).median, default=""
    )


def _ratio(samples: Mapping[str, Sequence[Sample]], name: str, what: str = "wall") -> Spread:
    ours, theirs = ([getattr(each, what) for each in samples[key]] for key in (OURS, name))
    return ratio(ours, theirs)


def _fastest_rounds(samples: Mapping[str, Sequence[Sample]], name: str) -> str:
    ours, theirs = (min(each.wall for each in samples[key]) for key in (OURS, name))
    return f"{ours / theirs:.2f}"


def _met(yes: bool) -> str:
    return "met" if yes else "**missed**"


# --- Tables


def _uploads(uploaded: Mapping[str, Mapping[str, Sequence[Sample]]]) -> Iterable[str]:
    head = ["package", "s, wall", "s, processor", "ours ÷ it, wall", "ours ÷ it, processor", "kB"]
    for upload, samples in uploaded.items():
        yield f"## {TITLES[upload]}"
        yield _table(head, [_upload(samples, name) for name in _by_wall(samples)])


def _by_wall(samples: Mapping[str, Sequence[Sample]]) -> list[str]:
    return sorted(samples, key=lambda name: spread([each.wall for each in samples[name]]).median)


def _upload(samples: Mapping[str, Sequence[Sample]], name: str) -> Row:
    wall, cpu = (spread([getattr(each, key) for each in samples[name]]) for key in ("wall", "cpu"))
    ratios = [_ratio(samples, name, what) for what in ("wall", "cpu")]
    compared = ["", ""] if name in (OURS, "plain") else ratios
    return PACKAGES[name].label, wall, cpu, *compared, f"{samples[name][0].size / 1e3:.0f}"


def _memory(memory: Mapping[str, Mapping[str, Sequence[float]]]) -> str:
    names = next(iter(memory.values()))
    rows = [
        [
            PACKAGES[name].label,
            *(
                f"{spread(peaks[name]).median:.0f}" if name in peaks else ""
                for peaks in memory.values()
            ),
        ]
        for name in names
    ]
    return _table(["package", *(f"{megapixels} MP" for megapixels in memory)], rows)


def _codecs(memory: Mapping[str, Sequence[float]]) -> str:
    peak = spread(memory[OURS]).median
    return (
        f"Codecs themselves need {peak:.0f} MB: those of our upload of 100 × 75 pixels. "
        "A decoded picture has four bytes a pixel in Pillow."
    )


def _fidelity(fidelity: Mapping[str, Mapping[str, Mapping[str, Sequence[float]]]]) -> Iterable[str]:
    yield "## Fidelity before encoding"
    yield (
        "PSNR in decibels and SSIM of each variant, written as PNG, to one Lanczos from the whole "
        "picture at once. ∞ is the same picture, pixel by pixel. Packages that use another filter "
        "on purpose show it here; no package is judged by it."
    )
    for megapixels, packages in fidelity.items():
        widths = list(next(iter(packages.values())))
        yield _table(
            [f"{megapixels} MP", *(f"{width} px" for width in widths)],
            [
                [
                    name if name == HALF else PACKAGES[name].label,
                    *(_likeness(*each) for each in values.values()),
                ]
                for name, values in packages.items()
            ],
        )


def _likeness(psnr: float, ssim: float) -> str:
    return f"{psnr:.1f}, {ssim:.4f}".replace("inf", "∞")


def _tiles(tiles: Mapping[str, Any]) -> Iterable[str]:
    yield "## Six tiles of a panorama"
    yield (
        f"{FACE} pixels square, of 8192 × 4096, between decoding and encoding. Maps and meshes are "
        "made anew each time. Memory is the peak over imports, the decoded panorama and all six "
        "tiles in it; fidelity is the worst tile's PSNR to exact bilinear interpolation, by "
        "numbers of 64 bits."
    )
    samples = {name: each["samples"] for name, each in tiles.items()}
    rows = []
    for name in _by_wall(samples):
        wall, cpu = (
            spread([getattr(each, key) for each in samples[name]]) for key in ("wall", "cpu")
        )
        compared = "" if name == OURS else _ratio(samples, name)
        memory, psnr = tiles[name]["memory"], tiles[name]["psnr"]
        rows.append([PAINTERS[name][0], wall, cpu, compared, f"{memory:.0f}", f"{psnr:.1f}"])
    head = ["", "s, wall", "s, processor", "ours ÷ it, wall", "MB", "dB"]
    yield _table(head, rows)


def _reading(reading: Mapping[str, Sequence[tuple[float, float]]]) -> str:
    rows = []
    for what, pairs in reading.items():
        ours, beside = zip(*pairs, strict=True)
        # Of a thousand rows: milliseconds are microseconds a row.
        micro = [spread([value * 1e3 for value in values]) for values in (ours, beside)]
        rows.append([what, *micro, ratio(ours, beside)])
    return _table(["", "µs a row", "beside", "ratio"], rows)


def _stages(stages: Mapping[str, Mapping[str, Sequence[float]]]) -> Iterable[str]:
    yield "## What Pillow needs for each step"
    yield "Processor time in milliseconds, alone and in one thread: what we are bound by."
    names = next(iter(stages.values()))
    yield _table(
        ["", *(f"{megapixels} MP" for megapixels in stages)],
        [
            [name, *(f"{spread(each[name]).median * 1e3:.0f}" for each in stages.values())]
            for name in names
        ],
    )


def _bounds(found: Mapping[str, Any]) -> Iterable[str]:
    yield (
        "So the least that a decode, one Lanczos after the other and these encoders can take "
        "in an upload, however it is spread over all cores: the larger of all work by the number of "
        "cores, and of what can only be done one after the other (decode, the largest variant's "
        "Lanczos on all cores, its encoder). What decoding at a half does to the picture is told "
        "under fidelity."
    )
    yield _table(
        ["", "the least", "the fastest peer", "its wall", "ratio at best"],
        [_bound(found, bound) for bound in BOUNDS],
    )


def _bound(found: Mapping[str, Any], bound: Bound) -> Row:
    title = TITLES[bound.upload] + (", decoded at a half" if bound.reduction == 2 else "")
    least = _least(found["stages"][bound.megapixels], bound)
    samples = found["uploaded"][bound.upload]
    rival = fastest(samples, "peer" if bound.format == "jpeg" else "pillow")
    if not rival:
        return title, f"{least:.2f} s", "", "", ""
    theirs = spread([each.wall for each in samples[rival]]).median
    label = PACKAGES[rival].label
    return title, f"{least:.2f} s", label, f"{theirs:.2f} s", f"{least / theirs:.2f}"


def _least(stages: Mapping[str, Sequence[float]], bound: Bound) -> float:
    step = {name: spread(each).median for name, each in stages.items()}
    cores, decode = os.cpu_count() or 1, step[f"decode at 1/{bound.reduction}"]
    scaling, encoding = (
        [value for name, value in step.items() if said in name]
        for said in (f" after 1/{bound.reduction}", f"{bound.format} of ")
    )
    in_turn = decode + max(scaling) / cores + max(encoding)
    work = decode + sum(scaling) + sum(encoding)
    return max(in_turn, work * bound.together / cores)


def _broken(broken: Mapping[str, str]) -> Iterable[str]:
    if broken:
        yield "## What does not work here"
        rows = [(PACKAGES[name].label, f"`{error}`") for name, error in broken.items()]
        yield _table(["package", "its error"], rows)
