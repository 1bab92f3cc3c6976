"""The hash of an upload: taken once, while its bytes come in."""

import hashlib
import io

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile, File
from django.test import RequestFactory
from PIL import Image

from derived_images.attachments.uploads import digest, facts
from tests.pictures import picture

HANDLERS = [
    "derived_images.attachments.uploads.HashingMemoryFileUploadHandler",
    "derived_images.attachments.uploads.HashingTemporaryFileUploadHandler",
]


class Unreadable(ContentFile):
    """Bytes that have been read already, and must not be again."""

    def chunks(self, chunk_size=None):
        raise AssertionError("It was read.")


@pytest.mark.parametrize("limit", [0, 2_500_000], ids=["on disk", "in memory"])
def test_an_upload_is_hashed_as_it_comes_in(settings, limit):
    settings.FILE_UPLOAD_HANDLERS = HANDLERS
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = limit
    contents = [picture("a.jpg").read() * 300, picture("b.jpg", color="blue").read()]
    files = {str(n): ContentFile(each, name="x.jpg") for n, each in enumerate(contents)}
    request = RequestFactory().post("/", files)

    for number, content in enumerate(contents):
        upload = request.FILES[str(number)]
        upload.chunks = None
        assert digest(upload) == hashlib.sha256(content).hexdigest()
        upload.close()


def test_a_hash_that_was_taken_is_not_taken_again():
    file = Unreadable(b"")
    file.derived_images_sha256 = (file.file, 0, "5f0c")
    assert digest(file) == "5f0c"


def test_a_hash_of_other_bytes_is_not_believed():
    file = ContentFile(b"whole")
    file.derived_images_sha256 = (file.file, 5, "5f0c")
    file.file = io.BytesIO(b"other")
    assert digest(file) == hashlib.sha256(b"other").hexdigest()


def test_a_hash_of_what_was_cut_since_is_not_believed():
    file = ContentFile(b"whole")
    file.derived_images_sha256 = (file.file, 5, "5f0c")
    file.truncate(4)
    assert digest(file) == hashlib.sha256(b"whol").hexdigest()


@pytest.mark.parametrize("limit", [0, 2**20])
def test_it_is_taken_once(settings, limit, monkeypatch):
    hashed = []

    class Counting:
        def __init__(self):
            self.update = lambda data: hashed.append(len(data))
            self.hexdigest = lambda: "5f0c"

    monkeypatch.setattr(hashlib, "sha256", Counting)
    settings.FILE_UPLOAD_HANDLERS = HANDLERS
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = limit
    request = RequestFactory().post("/", {"file": ContentFile(b"x" * 200_000, name="x.jpg")})

    assert digest(request.FILES["file"]) == "5f0c"
    assert sum(hashed) == 200_000
    request.FILES["file"].close()


def test_any_other_file_is_read_once_from_its_beginning():
    content = picture().read()
    file = File(io.BytesIO(content), name="cat.jpg")
    file.seek(7)

    assert digest(file) == hashlib.sha256(content).hexdigest()
    assert file.read() == content


def test_facts_are_those_of_the_upright_picture():
    turned = Image.Exif()
    turned[0x0112] = 6
    known = facts(picture(dimensions=(60, 40), exif=turned))
    assert (known.width, known.height) == (40, 60)


@pytest.mark.parametrize("content", [b"", b"Lorem ipsum", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_image_has_none(content):
    with pytest.raises(ValidationError):
        facts(ContentFile(content, name="cat.jpg"))


def test_the_budget_is_asked_first(settings, undecodable):
    settings.DERIVED_IMAGES = {"MAX_PIXELS": 100}
    with pytest.raises(ValidationError):
        facts(picture())
