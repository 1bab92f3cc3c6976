"""Processes that render side by side: killed, interrupted, orphaned."""

import os
import signal
import time
from pathlib import Path

import pytest

from derived_images import tasks, workers
from derived_images.workers import KILLED, Outcome, carry_out, order
from tests.engines.sites import PATIENCE, Site
from tests.pictures import picture
from tests.shop import models as shop


@pytest.fixture
def site(tmp_path):
    site = Site(tmp_path, "django_tasks_db")
    site.do("import")
    return site


def test_they_make_what_one_makes(site, tmp_path):
    sources = {name: (tmp_path / "media" / name).read_bytes() for name in site.files()}
    told = site.manage("backfill_image_variants", "--workers", "3")

    assert told.stdout.startswith("processed 20, created 40, skipped 0, "), told.stderr
    assert (told.returncode, told.stderr) == (0, "")
    assert site.files() == site.names()
    assert all((tmp_path / "media" / name).read_bytes() == old for name, old in sources.items())


def test_one_that_is_killed_loses_nothing(site, tmp_path):
    (tmp_path / "deadly").touch()
    told = site.manage("backfill_image_variants", "--workers", "2")

    assert not (tmp_path / "deadly").exists(), "One has died."
    assert told.stdout.startswith("processed 20, created 4"), told.stderr
    assert told.returncode == 0
    assert site.missing() == []
    assert site.files() == site.names()


def test_a_picture_that_kills_each_time_costs_no_other(site, tmp_path):
    (tmp_path / "deadly").write_text("65")
    told = site.manage("backfill_image_variants", "--workers", "2", "--verbose")

    missing = site.missing()
    assert {line.split()[1] for line in missing} <= {"thumb", "card"}
    assert {line.split()[0] for line in missing} == {"6"}
    assert told.returncode == 1
    assert f": {KILLED}" in told.stdout


def test_those_that_follow_a_killed_one_are_made_by_new_ones(tmp_path):
    site = Site(tmp_path, "django_tasks_db")
    site.environment["POSTERS"] = "200"  # more than are given to two together
    site.do("import")
    (tmp_path / "deadly").touch()
    told = site.manage("backfill_image_variants", "--workers", "2")

    assert told.stdout.startswith("processed 200, created "), told.stderr
    assert site.missing() == []


def test_ctrl_c_finishes_the_pictures_in_hand(site):
    with site.managing("backfill_image_variants", "--workers", "2", "--verbose") as process:
        process.stdout.readline()
        os.killpg(process.pid, signal.SIGINT)
        errors = process.communicate()[1]

    assert process.returncode == 130, errors
    assert "Interrupted. It stood after engines.Poster " in errors
    last = int(errors.partition("With --start-after ")[2].split()[0])
    assert {int(line.split()[0]) for line in site.missing()} == set(range(last + 1, 21))
    assert not [name for name in site.files() if name.endswith(".tmp")]
    assert site.manage("backfill_image_variants").returncode == 0
    assert site.missing() == []


def test_they_do_not_outlive_whoever_started_them(site):
    with site.managing("backfill_image_variants", "--workers", "2", "--verbose") as process:
        process.stdout.readline()
        started = {pid for pid, parent in processes() if parent == process.pid}
        process.kill()
    deadline = time.monotonic() + PATIENCE
    while started & {pid for pid, _ in processes()}:
        assert time.monotonic() < deadline

    assert started


def processes():
    """Yield the number of each process that runs, and its parent's."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = path.read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if state != "Z":
            yield int(path.parent.name), int(parent)


def test_processes_that_do_not_start_end_it_at_once(site):
    site.environment["ENGINES_WORKERS"] = "broken"
    told = site.manage("backfill_image_variants", "--workers", "2")

    assert told.returncode == 1
    assert told.stderr.endswith(
        "CommandError: The processes do not start; what they said stands above. "
        "Nothing was done yet.\n"
    )


@pytest.mark.django_db
class TestOrders:
    @pytest.fixture
    def row(self, settings):
        settings.DERIVED_IMAGES = {"PROCESSOR": "none"}
        return shop.WithUUID.objects.create(image=picture())

    def order_of(self, row, force=False):
        field, variants = shop.WithUUID.image.field, {shop.WithUUID.variants: ["thumb", "square"]}
        targets = tasks.targets_of(field, row.image.name, variants)
        return order(targets, field, row.image.name, force)

    def test_it_is_names_and_numbers_alone(self, row):
        assert self.order_of(row) == (
            "shop.WithUUID",
            "image",
            row.image.name,
            ((0, "thumb"), (0, "square")),
            False,
        )

    def test_it_asks_no_database(self, row, django_assert_num_queries):
        names = [row.variants.thumb.name, row.variants.square.name]
        orders = [self.order_of(row), self.order_of(row), self.order_of(row, force=True)]
        with django_assert_num_queries(0):
            outcomes = [carry_out(each) for each in orders]

        assert outcomes == [Outcome(names), Outcome([], names), Outcome(names)]

    def test_a_storage_that_fails_is_told_of(self, row, monkeypatch):
        def fail(storage, name):
            raise ConnectionError("It is out of reach.")

        monkeypatch.setattr(workers, "exists", fail)
        names = [row.variants.thumb.name, row.variants.square.name]

        assert carry_out(self.order_of(row)) == Outcome(failures={"It is out of reach.": names})
