"""Whatever call of a storage fails, or is a process' last: nothing named is lost, and all heals."""

import subprocess
import sys

import pytest
from django.conf import settings

from tests.buckets import bucket
from tests.life.faults import KINDS, STORAGES


@pytest.fixture(scope="module")
def s3_server():
    """Return the URL of a server with an empty bucket."""
    with bucket("life") as options:
        yield options["endpoint_url"]


@pytest.mark.skipif(settings.SERVER != "sqlite", reason="it has a database of its own")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("storage", STORAGES)
def test_a_fault_loses_nothing_and_is_healed(kind, storage, request, record_property):
    server = [request.getfixturevalue("s3_server")] if storage.startswith("s3") else []
    command = [sys.executable, "-m", "tests.life.run_faults", kind, storage, *server]
    process = subprocess.run(command, capture_output=True, text=True)

    assert process.returncode == 0, process.stderr
    for line in process.stdout.splitlines():
        operation, points = line.split()
        assert int(points) > 0
        record_property("fault points", (kind, storage, operation, int(points)))
