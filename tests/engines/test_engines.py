"""Celery and Django's tasks: whatever dies or comes twice, every variant is there in the end."""

import json
import os
import shutil
import subprocess
import sys
import time
from contextlib import suppress

import pytest

from tests.serving.servers import ROOT, running

#: Engine → its worker, what that says when it is ready, and the pictures that die with a worker.
WORKERS = {
    "celery": ("-m celery -A tests.engines.celery_app worker --concurrency 2 -l INFO", "ready.", 0),
    "django_tasks_db": (
        "-m django db_worker --no-startup-delay --interval 0.05",
        "Starting worker",
        1,
    ),
    "django_tasks_rq": (
        "-m django rqworker --with-scheduler --job-class django_tasks_rq.Job",
        "Listening on",
        1,
    ),
}
PATIENCE = 120  # seconds: a machine that is busy with other tests takes its time


class Site:
    def __init__(self, folder, engine):
        self.folder = folder
        self.environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.engines.settings",
            "ENGINE": engine,
            "ENGINES_SITE": str(folder),
            "PYTHONUNBUFFERED": "1",
        }

    def do(self, what):
        command = [sys.executable, "-m", "tests.engines.site", what]
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def missing(self):
        return json.loads(self.do("missing"))[0]

    def names(self):
        return set(json.loads(self.do("missing"))[1])

    def files(self):
        media = self.folder / "media"
        return {str(path.relative_to(media)) for path in media.rglob("*") if path.is_file()}

    def work(self, engine, until):
        """Run workers, a new one for each that dies, until no more than so many are missing."""
        command, ready, _ = WORKERS[engine]
        deadline = time.monotonic() + PATIENCE
        while len(self.missing()) > until:
            assert time.monotonic() < deadline, self.missing()
            with running([sys.executable, *command.split()], ready, self.environment) as worker:
                while worker.poll() is None and len(self.missing()) > until:
                    assert time.monotonic() < deadline, self.missing()
                    with suppress(subprocess.TimeoutExpired):
                        worker.wait(0.1)


@pytest.fixture
def redis(tmp_path):
    """Start a server of the site's own, which listens on a socket there and nowhere else."""
    if not shutil.which("redis-server"):
        pytest.skip("redis-server is not installed")
    command = ["redis-server", "--port", "0", "--unixsocket", str(tmp_path / "redis"), "--save", ""]
    with running(command, "now ready to accept connections", dict(os.environ)):
        yield


@pytest.mark.parametrize("engine", WORKERS)
def test_every_variant_is_there_in_the_end(engine, tmp_path, request):
    if engine != "django_tasks_db":
        request.getfixturevalue("redis")
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
    assert site.files() == site.names(), "No twin, and nothing left of those who died."
    assert all((tmp_path / "media" / name).read_bytes() == old for name, old in originals.items())
