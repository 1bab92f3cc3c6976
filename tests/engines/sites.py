"""A site of its own: a database, a folder of files, and whoever works for it."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress

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
    """Of twenty posters, once they are uploaded, whose variants nobody has made yet."""

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

    def manage(self, *arguments):
        """Return a command of the site's `manage.py`, run to its end."""
        with self.managing(*arguments) as process:
            output, errors = process.communicate()
        return subprocess.CompletedProcess(arguments, process.returncode, output, errors)

    def managing(self, *arguments):
        """Start a command of the site's `manage.py`, in a process group of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "tests.engines.site", "manage", *arguments],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def missing(self):
        return json.loads(self.do("missing"))[0]

    def names(self):
        return set(json.loads(self.do("missing"))[1])

    def files(self):
        media = self.folder / "media"
        return {str(path.relative_to(media)) for path in media.rglob("*") if path.is_file()}

    def work(self, engine, until, kills=False):
        """Run workers, a new one for each that dies, until no more than so many are missing.

        If it `kills`, one dies with all its processes as soon as something is made.
        """
        command, ready, _ = WORKERS[engine]
        command = [sys.executable, *command.split()]
        deadline = time.monotonic() + PATIENCE
        names = self.names()
        before = len(names - self.files())
        while len(names - self.files()) > until:
            with running(command, ready, self.environment, start_new_session=True) as worker:
                while worker.poll() is None and (missing := len(names - self.files())) > until:
                    assert time.monotonic() < deadline, self.missing()
                    if kills and missing < before:
                        kills = False
                        os.killpg(worker.pid, signal.SIGKILL)
                    with suppress(subprocess.TimeoutExpired):
                        worker.wait(0.01)
        assert not kills, "It was too fast to be killed."
