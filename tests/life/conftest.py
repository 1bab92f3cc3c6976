"""What every life begins with: empty databases, and empty storages."""

from collections import Counter

import pytest
from django.core.files.storage import InMemoryStorage, storages


@pytest.fixture(autouse=True)
def elsewhere(settings):
    """Give the test a second storage that is empty; it has no `path()`."""
    settings.STORAGES = {**settings.STORAGES}  # Every storage is made anew.
    assert isinstance(storages["elsewhere"], InMemoryStorage)
    return storages["elsewhere"]


def pytest_terminal_summary(terminalreporter):
    """Say how many points faults struck at."""
    points = Counter()
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name == "fault points":
                kind, storage, _, number = value
                points[kind, storage] += number
    if points:
        terminalreporter.section("fault points")
        for (kind, storage), number in sorted(points.items()):
            terminalreporter.line(f"{number:>6}  {kind}, {storage}")
        terminalreporter.line(f"{points.total():>6}  in all")
