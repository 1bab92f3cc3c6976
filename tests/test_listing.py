"""Listings: every file of a storage, once, whatever the storage is like."""

import os

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, InMemoryStorage
from storages.backends.s3 import S3Storage

from derived_images.listing import listing
from tests.buckets import bucket

NAMES = {"a.jpg", "folder/b.jpg", "folder/deeper/é.jpg", ".hidden", "folder/c"}


def fill(storage):
    for name in NAMES:
        storage.save(name, ContentFile(b"12345"))
    return storage


def names(storage):
    found = [listed.name for listed in listing(storage)]
    assert len(found) == len(set(found))
    return set(found)


def test_a_disk_tells_size_and_time(media):
    storage = fill(FileSystemStorage())

    assert names(storage) == NAMES
    assert {listed.size for listed in listing(storage)} == {5}
    assert all(listed.modified > 0 for listed in listing(storage))


def test_other_storages_are_walked_folder_by_folder():
    storage = fill(InMemoryStorage())

    assert names(storage) == NAMES
    assert {listed.size for listed in listing(storage)} == {None}


def test_a_disk_that_lists_in_its_own_way_is_asked_for_it(media):
    class Secretive(FileSystemStorage):
        def listdir(self, path):
            folders, names = super().listdir(path)
            return [each for each in folders if each != "deeper"], names

    assert names(fill(Secretive())) == NAMES - {"folder/deeper/é.jpg"}


@pytest.mark.parametrize("storage", [FileSystemStorage("nowhere/at/all"), InMemoryStorage()])
def test_where_nothing_was_ever_stored_there_is_nothing(storage):
    assert names(storage) == set()


def test_links_are_followed_and_loops_are_not(media):
    storage = fill(FileSystemStorage())
    (media / "linked").symlink_to(media / "folder")
    (media / "folder/loop").symlink_to(media)
    (media / "broken").symlink_to(media / "nothing")
    (media / "hard.jpg").hardlink_to(media / "a.jpg")
    found = {listed.name: listed.identity for listed in listing(storage)}

    assert found.keys() == NAMES | {
        "linked/b.jpg",
        "linked/deeper/é.jpg",
        "linked/c",
        "hard.jpg",
    }
    assert found["linked/b.jpg"] == found["folder/b.jpg"]
    assert found["hard.jpg"] == found["a.jpg"] != found["folder/b.jpg"]


def test_what_vanishes_meanwhile_is_passed_over(media):
    storage = fill(FileSystemStorage())
    found = set()
    for listed in listing(storage):
        found.add(listed.name)
        os.rename(media / "folder", media.parent / "gone") if (media / "folder").exists() else None

    assert found == {"a.jpg", ".hidden"}


@pytest.fixture(scope="module")
def s3():
    """Yield a function that makes a storage in a bucket of a real server."""
    with bucket("pictures") as options:
        yield lambda location: S3Storage(location=location, **options)


@pytest.mark.parametrize("location", ["", "media", "media/inner/"])
def test_a_bucket_is_listed_by_pages_that_tell_size_and_time(s3, location):
    storage = fill(s3(location))
    requests = []
    storage.bucket.meta.client.meta.events.register(
        "before-send.s3", lambda request, **kwargs: requests.append(request.url)
    )
    found = {listed.name: listed for listed in listing(storage)}

    assert found.keys() >= NAMES
    assert len(requests) == 1
    assert {found[name].size for name in NAMES} == {5}
    assert all(found[name].modified > 0 for name in NAMES)


def test_a_file_of_a_bucket_is_one_under_every_location(s3):
    fill(s3("media"))
    inner = {listed.name: listed.identity for listed in listing(s3("media"))}
    outer = {listed.name: listed.identity for listed in listing(s3(""))}

    assert outer["media/a.jpg"] == inner["a.jpg"]
