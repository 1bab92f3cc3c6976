"""Whatever call of a storage fails, or is a process' last: nothing named is lost, and all heals."""

import subprocess
import sys

import boto3
import pytest
from django.conf import settings
from moto.server import ThreadedMotoServer

from tests.life.faults import KINDS, STORAGES


@pytest.fixture(scope="module")
def s3_server():
    """Return the URL of a server with an empty bucket."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    url = "http://{}:{}".format(*server.get_host_and_port())
    client = boto3.client(
        "s3",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="tests",
        aws_secret_access_key="tests",
    )
    client.create_bucket(Bucket="life")
    yield url
    client.close()
    server.stop()


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
