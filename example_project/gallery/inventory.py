"""What lies in the gallery's folders, and whose it is. It asks the storage: no other page needs to."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.core.files.storage import default_storage
from django.db.models.fields.files import ImageFieldFile

from .models import Picture


@dataclass(frozen=True)
class Entry:
    """A file that belongs to a picture: the original, or one that is derived from it."""

    picture: Picture
    label: str
    file: ImageFieldFile

    @property
    def size(self) -> int | None:
        """Bytes, or none where the file is missing."""
        try:
            return self.file.size
        except FileNotFoundError:
            return None


def entries_of(picture: Picture, *managers: str) -> list[Entry]:
    """List the original, and what these managers, or all, derive from it."""
    derived = [getattr(picture, manager) for manager in managers or picture.derived]
    files = [item for images in derived for item in images.items()]
    return [Entry(picture, label, file) for label, file in [("original", picture.image), *files]]


def stored_files(folder: str) -> Iterator[tuple[str, int]]:
    """Walk a folder of the storage: names and bytes, whoever's they are."""
    if not default_storage.exists(folder):
        return
    folders, files = default_storage.listdir(folder)
    for file in sorted(files):
        name = f"{folder}{file}"
        yield name, default_storage.size(name)
    for inner in sorted(folders):
        yield from stored_files(f"{folder}{inner}/")
