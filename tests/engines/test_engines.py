"""Celery and Django's tasks: whatever dies or comes twice, every variant is there in the end."""

import os
import shutil

import pytest

from tests.engines.sites import WORKERS, Site
from tests.serving.servers import running


@pytest.fixture
def redis(tmp_path):
    """Start a server of the site's own, which listens on a socket there and nowhere else."""
    if not shutil.which("redis-server"):
        pytest.skip("redis-server is not installed")
    command = ["redis-server", "--port", "0", "--unixsocket", str(tmp_path / "redis"), "--save", ""]
    with running(command, "now ready to accept connections", dict(os.environ)):
        yield


@pytest.fixture(params=WORKERS)
def engine(request):
    """Name an engine whose broker runs."""
    if request.param != "django_tasks_db":
        request.getfixturevalue("redis")
    return request.param


def assert_all_is_there(site, originals):
    # A writer that is killed leaves a temporary file, which the audit knows, and deletes when it is old.
    files = {name for name in site.files() if not name.endswith(".derived-images.tmp")}
    assert files == site.names(), "No twin, and no half a file of those who died."
    assert all(
        (site.folder / "media" / name).read_bytes() == old for name, old in originals.items()
    )


def test_every_variant_is_there_in_the_end(engine, tmp_path):
    site = Site(tmp_path, engine)
    site.do("upload")
    assert len(site.missing()) == 40
    originals = {name: (tmp_path / "media" / name).read_bytes() for name in site.files()}
    (tmp_path / "deadly").touch()

    lost = WORKERS[engine][2]
    site.work(engine, until=2 * lost)
    assert not (tmp_path / "deadly").exists(), "A worker has died."
    if lost:
        site.do("heal")

    assert site.missing() == []
    assert_all_is_there(site, originals)


def test_a_backfill_is_left_to_the_engine(engine, tmp_path):
    site = Site(tmp_path, engine)
    site.do("import")
    originals = {name: (tmp_path / "media" / name).read_bytes() for name in site.files()}
    for _ in range(3):
        told = site.manage("backfill_image_variants", "--enqueue")
        assert told.stdout.startswith("processed 20, enqueued 40, skipped 0, "), told.stderr
    # What dies with a worker is a batch or two here, which the next one makes.
    site.work(engine, until=0, kills=True)
    told = site.manage("backfill_image_variants")

    assert told.stdout.startswith("processed 20, created 0, skipped 40, ")
    assert_all_is_there(site, originals)
