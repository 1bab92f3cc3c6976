"""Places and addresses: which storages keep one file, and where the media view has it."""

import pytest
from django.core.files.storage import FileSystemStorage, InMemoryStorage, default_storage, storages
from storages.backends.s3 import S3Storage

from derived_images.places import address, key_prefix, place

pytestmark = pytest.mark.urls("tests.media_urls")


@pytest.fixture
def view(settings):
    settings.DERIVED_IMAGES = {"URLS": "view"}


def test_two_objects_over_one_folder_are_one_place(media):
    assert place(FileSystemStorage()) == place(default_storage) == place(storages["default"])
    assert place(FileSystemStorage(media / "other")) != place(default_storage)
    assert place(InMemoryStorage()) != place(InMemoryStorage())


@pytest.mark.parametrize(("location", "prefix"), [("", ""), ("media", "media/"), ("a/b/", "a/b/")])
def test_keys_of_a_bucket_begin_with_a_folder(location, prefix):
    assert key_prefix(S3Storage(bucket_name="b", location=location)) == prefix


def test_addresses_are_the_storage_s_unless_asked_for():
    assert address(default_storage, "a.jpg") is None


def test_the_default_storage_is_at_media_url(view, settings):
    assert address(default_storage, "photos/é %#?.jpg") == "/media/photos/%C3%A9%20%25%23%3F.jpg"

    settings.MEDIA_URL = "https://cdn.example.com/media/"
    assert address(FileSystemStorage(), "a.jpg") == "https://cdn.example.com/media/a.jpg"


def test_others_are_where_they_are_mounted(view):
    assert (
        address(storages["memory"], "photos/é %#?.jpg") == "/memory/photos/%C3%A9%20%25%23%3F.jpg"
    )


def test_what_is_mounted_nowhere_has_no_address(view):
    assert address(storages["elsewhere"], "a.jpg") is None


@pytest.mark.urls("tests.urls")
def test_without_a_mount_nothing_else_has_an_address(view):
    assert address(storages["memory"], "a.jpg") is None
