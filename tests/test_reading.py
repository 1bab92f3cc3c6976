"""Contents: size, age and any part, of storages of every kind."""

import os
from datetime import UTC, datetime

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, InMemoryStorage, Storage
from storages.backends.s3 import S3Storage

from derived_images.reading import content
from tests.buckets import bucket

WHOLE = bytes(range(200))


class Scrambling(FileSystemStorage):
    """Keeps files on a disk, and other bytes than it gives."""

    def _open(self, name, mode="rb"):
        with super()._open(name, mode) as file:
            return ContentFile(bytes(255 - byte for byte in file.read()))

    def _save(self, name, content):
        return super()._save(name, ContentFile(bytes(255 - byte for byte in content.read())))


class Ageless(InMemoryStorage):
    def get_modified_time(self, name):
        raise NotImplementedError


class Lying(Storage):
    """Cannot be reached, though it says that something is there."""

    def _open(self, name, mode="rb"):
        raise ConnectionError("no network")

    def exists(self, name):
        return True


@pytest.fixture(scope="module")
def s3():
    """Yield a function that makes a storage in a bucket of a real server."""
    with bucket("pictures") as options:
        yield lambda **others: S3Storage(**options, **others)


@pytest.fixture(params=["disk", "scrambled", "memory", "ageless", "s3", "s3 folder"])
def storage(request, media):
    if request.param.startswith("s3"):
        s3 = request.getfixturevalue("s3")
        return s3(location="folder/" if "folder" in request.param else "")
    kinds = {
        "disk": FileSystemStorage,
        "scrambled": Scrambling,
        "memory": InMemoryStorage,
        "ageless": Ageless,
    }
    return kinds[request.param]()


def read(found, start, end):
    file = found.part(start, end)
    try:
        return file.read(end - start)
    finally:
        file.close()


@pytest.mark.parametrize(("start", "end"), [(0, 200), (0, 1), (50, 60), (199, 200), (0, 0)])
def test_any_part_can_be_read(storage, start, end):
    name = storage.save("photos/é a.jpg", ContentFile(WHOLE))
    found = content(storage, name)

    assert found.size == 200
    assert read(found, start, end) == WHOLE[start:end]


def test_where_nothing_lies_there_is_nothing(storage):
    assert content(storage, "photos/none.jpg") is None


def test_other_bytes_have_another_tag(storage):
    name = storage.save("photos/tagged.jpg", ContentFile(WHOLE))
    before = content(storage, name)
    before.close()
    storage.delete(name)
    storage.save(name, ContentFile(WHOLE[:50]))
    after = content(storage, name)
    after.close()

    if storage.__class__ is Ageless:
        assert before.etag is after.etag is None
    else:
        assert before.etag != after.etag
        assert before.etag[0] == before.etag[-1] == '"'


def test_a_storage_tells_its_age_or_does_not():
    now = datetime.now(UTC).timestamp()
    ages = []
    for storage in (InMemoryStorage(), Ageless()):
        found = content(storage, storage.save("a.jpg", ContentFile(WHOLE)))
        ages.append((found.modified and abs(found.modified - now) < 60, found.etag is None))

    assert ages == [(True, False), (None, True)]


def test_a_file_is_closed_where_the_storage_fails(media):
    class Failing(FileSystemStorage):
        def _open(self, name, mode="rb"):
            self.opened = super()._open(name, mode)
            return self.opened

        def get_modified_time(self, name):
            raise ConnectionError("no network")

    storage = Failing()
    storage.save("a.jpg", ContentFile(WHOLE))
    with pytest.raises(ConnectionError):
        content(storage, "a.jpg")

    assert storage.opened.closed


def test_same_length_at_another_time_is_another_tag(media):
    storage = FileSystemStorage()
    path = storage.path(storage.save("a.jpg", ContentFile(WHOLE)))
    tags = set()
    for nanoseconds in (1_700_000_000_000_000_000, 1_700_000_000_000_000_001):
        os.utime(path, ns=(nanoseconds, nanoseconds))
        found = content(storage, "a.jpg")
        found.close()
        tags.add(found.etag)

    assert len(tags) == 2


def test_what_was_opened_is_read_though_another_takes_its_name(media):
    storage = FileSystemStorage()
    storage.save("a.jpg", ContentFile(WHOLE))
    found = content(storage, "a.jpg")
    (media / "other").write_bytes(b"short")
    os.replace(media / "other", media / "a.jpg")

    assert read(found, 0, found.size) == WHOLE


def test_links_may_not_lead_out_of_the_storage(media, tmp_path):
    (tmp_path / "secret.jpg").write_bytes(b"secret")
    (tmp_path / "mediaeval").mkdir()
    (tmp_path / "mediaeval" / "secret.jpg").write_bytes(b"secret")
    (media / "link.jpg").symlink_to(tmp_path / "secret.jpg")
    (media / "folder").symlink_to(tmp_path)
    (media / "sibling").symlink_to(tmp_path / "mediaeval")
    (media / "dangling.jpg").symlink_to(media / "nowhere.jpg")
    (media / "loop.jpg").symlink_to(media / "loop.jpg")
    storage = FileSystemStorage()

    for name in (
        "link.jpg",
        "folder/secret.jpg",
        "sibling/secret.jpg",
        "dangling.jpg",
        "loop.jpg",
    ):
        assert content(storage, name) is None


def test_links_within_the_storage_and_to_it_are_followed(media, tmp_path):
    (media / "a.jpg").write_bytes(WHOLE)
    (media / "link.jpg").symlink_to(media / "a.jpg")
    (tmp_path / "linked").symlink_to(media)

    for root, name in [(media, "link.jpg"), (tmp_path / "linked", "a.jpg")]:
        assert read(content(FileSystemStorage(root), name), 0, 200) == WHOLE


def test_only_regular_files_are_contents(media):
    (media / "folder.jpg").mkdir()
    os.mkfifo(media / "pipe.jpg")
    (media / "file.jpg").write_bytes(WHOLE)
    storage = FileSystemStorage()

    for name in ("folder.jpg", "pipe.jpg", "file.jpg/below.jpg", f"{'x' * 300}.jpg"):
        assert content(storage, name) is None


def test_a_storage_that_fails_is_not_one_that_has_nothing():
    with pytest.raises(ConnectionError):
        content(Lying(), "a.jpg")


def test_s3_is_asked_for_the_part_alone(s3):
    storage = s3()
    storage.save("large.jpg", ContentFile(WHOLE * 100))
    asked = []
    storage.bucket.meta.client.meta.events.register(
        "before-parameter-build.s3.GetObject",
        lambda params, **kwargs: asked.append(params["Range"]),
    )

    assert read(content(storage, "large.jpg"), 200, 210) == WHOLE[:10]
    assert asked == ["bytes=200-209"]
