"""Which files are there, on a disk, in a bucket that lies, and where nothing can be listed."""

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, InMemoryStorage

from derived_images.inventory import Inventory
from tests.buckets import bucket

NAMES = ["a.jpg", "photos/b.jpg", "photos/2026/c.jpg", "photos/2026/é.jpg"]
ABSENT = ["b.jpg", "photos/a.jpg", "photos/2026", "elsewhere/a.jpg", "photos/2026/d.jpg"]


class Unlistable(InMemoryStorage):
    def listdir(self, path):
        raise NotImplementedError


class Asked(FileSystemStorage):
    """Has its own way of listing, and notes what is asked."""

    def __init__(self):
        super().__init__()
        self.calls = []

    def listdir(self, path):
        self.calls.append(("list", path))
        return super().listdir(path)

    def open(self, name, mode="rb"):
        self.calls.append(("open", name))
        return super().open(name, mode)


@pytest.fixture(params=[FileSystemStorage, InMemoryStorage, Unlistable, Asked])
def storage(request, media):
    storage = request.param()
    for name in NAMES:
        storage.save(name, ContentFile(b"x"))
    return storage


@pytest.mark.parametrize("lists", [True, False])
def test_it_tells_what_is_there(lists, storage):
    inventory = Inventory(lists)

    assert [name for name in [*NAMES, *ABSENT] if inventory.has(storage, name)] == NAMES


def test_a_folder_is_listed_once(media):
    storage = Asked()
    for name in NAMES:
        storage.save(name, ContentFile(b"x"))
    storage.calls.clear()
    inventory = Inventory()
    for name in [*NAMES, *ABSENT] * 2:
        inventory.has(storage, name)

    assert storage.calls == [("list", each) for each in ("", "photos", "photos/2026", "elsewhere")]


def test_of_few_each_is_asked_for(media):
    storage = Asked()
    Inventory(lists=False).has(storage, "a.jpg")

    assert storage.calls == [("open", "a.jpg")]


def test_letters_that_are_spelled_otherwise_are_another_name_where_the_disk_says_so(media):
    (media / "e\u0301.jpg").touch()
    storage = FileSystemStorage()

    assert Inventory().has(storage, "e\u0301.jpg")
    assert Inventory().has(storage, "\u00e9.jpg") is storage.exists("\u00e9.jpg")


def test_names_that_are_no_text_are_passed_over(media):
    (media / "\udcff.jpg").touch()
    (media / "a.jpg").touch()

    assert Inventory().has(FileSystemStorage(), "a.jpg")


def test_a_link_to_nothing_is_no_file(media):
    (media / "a.jpg").symlink_to(media / "nothing")

    assert not Inventory().has(FileSystemStorage(), "a.jpg")


def test_a_storage_out_of_reach_has_nothing_that_is_known(media):
    class Down(InMemoryStorage):
        def listdir(self, path):
            raise ConnectionError

        def open(self, name, mode="rb"):
            raise ConnectionError

        exists = listdir

    assert not Inventory().has(Down(), "a.jpg")


def test_what_is_added_is_there(media):
    inventory, storage = Inventory(), FileSystemStorage()
    inventory.add(storage, ["a.jpg"])

    assert inventory.knows(storage, "a.jpg")
    assert not inventory.knows(InMemoryStorage(), "a.jpg")


def test_a_bucket_is_listed_by_folder_whatever_exists_says(media):
    pytest.importorskip("storages")
    from storages.backends.s3 import S3Storage

    class Lying(S3Storage):
        """As django-storages has it up to 1.14.4, where files may be overwritten."""

        def exists(self, name):
            return False

    with bucket("inventory") as options:
        storage = Lying(**options, location="site")
        for name in [*NAMES, *(f"many/{number}" for number in range(1100))]:
            storage.save(name, ContentFile(b"x"))
        asked = []
        storage.connection.meta.client.meta.events.register(
            "before-call.s3", lambda model, **kwargs: asked.append(model.name)
        )
        inventory = Inventory()
        names = [*NAMES, *(f"many/{number}" for number in range(1100))]

        assert all(inventory.has(storage, name) for name in names)
        assert not any(inventory.has(storage, name) for name in ABSENT)
        # Folders: the top, photos, 2026, many in two pages, elsewhere.
        assert asked == ["ListObjects"] * 6
        assert not Inventory(lists=False).has(storage, "many/1100")
        assert Inventory(lists=False).has(storage, "many/1099")
