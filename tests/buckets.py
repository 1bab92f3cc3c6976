"""A bucket of a real S3 server, which moto runs in a thread."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

import boto3
from moto.server import ThreadedMotoServer

#: What django-storages calls who asks.
ACCESS = {"access_key": "tests", "secret_key": "tests", "region_name": "us-east-1"}


@contextmanager
def bucket(name: str) -> Iterator[dict[str, str]]:
    """Make an empty bucket; yield the options of a storage in it."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    url = "http://{}:{}".format(*server.get_host_and_port())
    client = boto3.client(
        "s3",
        endpoint_url=url,
        aws_access_key_id=ACCESS["access_key"],
        aws_secret_access_key=ACCESS["secret_key"],
        region_name=ACCESS["region_name"],
    )
    with closing(client):
        client.create_bucket(Bucket=name)
        yield {"bucket_name": name, "endpoint_url": url, **ACCESS}
    server.stop()
