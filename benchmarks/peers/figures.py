"""Medians, quartiles and ratios of what was measured. No Django, no pictures."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Spread:
    """The middle half of what was measured."""

    lower: float
    median: float
    upper: float

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.lower:.2f}–{self.upper:.2f})"


def spread(values: Sequence[float]) -> Spread:
    """Return median and quartiles.

    >>> spread([4, 1, 3, 2, 5])
    Spread(lower=2.0, median=3.0, upper=4.0)
    """
    if len(values) == 1:
        return Spread(*(float(values[0]),) * 3)
    return Spread(*(float(each) for each in statistics.quantiles(values, n=4, method="inclusive")))


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> Spread:
    """Return the spread of ours ÷ theirs, round by round.

    A machine that is slower for a while is so for both of a round: what it does to the ratio is
    less than what it does to either.

    >>> ratio([1, 10, 2], [2, 20, 4]).median
    0.5
    """
    return spread([mine / other for mine, other in zip(ours, theirs, strict=True)])


@dataclass(frozen=True)
class Sample:
    """What one upload, or several at once, took."""

    #: Seconds.
    wall: float
    #: Seconds of all threads.
    cpu: float
    #: The process's peak so far, in megabytes.
    memory: float
    #: Bytes of the variants.
    size: int
