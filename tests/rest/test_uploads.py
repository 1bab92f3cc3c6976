"""Files that requests bring, and their limits."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from derived_images.attachments.models import Image
from tests.attachments.policies import OfMembers
from tests.pictures import picture

pytestmark = pytest.mark.django_db
LIBRARY = "/orgs/Acme/images/"


class Strict(OfMembers):
    max_bytes = 2_000
    max_side = 100
    max_files = 2
    max_total = 10_000


@pytest.fixture(autouse=True)
def strict(members, settings):
    settings.DERIVED_IMAGES |= {"POLICY": f"{__name__}.Strict"}


def padded(size):
    content = picture().read()
    return SimpleUploadedFile("cat.jpg", content + b"\0" * (size - len(content)))


@pytest.mark.parametrize(
    ("file", "code", "detail"),
    [
        (padded(2_000), 201, None),
        (padded(2_001), 413, "cat.jpg: A file may have 2.0\xa0KB, and this one has more."),
        (padded(11_000), 413, "A request may have 9.8\xa0KB, and this one has more."),
        (picture(dimensions=(100, 1)), 201, None),
        (
            picture(dimensions=(1, 101)),
            400,
            "file: A side may have 100 pixels, and this image is 1 × 101.",
        ),
        (SimpleUploadedFile("x.jpg", b""), 400, "file: The submitted file is empty."),
        (
            "cat.jpg",
            400,
            "file: The submitted data was not a file. Check the encoding type on the form.",
        ),
    ],
)
def test_one_file(acme, stored, file, code, detail):
    if not isinstance(file, str):
        file.seek(0)
    response = acme.post(LIBRARY, {"file": file})
    assert response.status_code == code
    assert response.json().get("detail") == detail
    assert Image.objects.count() == (code == 201)
    assert len(stored()) == (code == 201)


def test_pixels(acme, settings, stored):
    settings.DERIVED_IMAGES |= {"MAX_PIXELS": 100}
    response = acme.post(LIBRARY, {"file": picture()})
    assert response.status_code == 400
    assert "pixels" in response.json()["errors"]["file"][0]
    assert not stored()


def test_too_many_files(acme, stored):
    files = [picture(f"{number}.jpg") for number in range(3)]
    response = acme.post(f"{LIBRARY}bulk_upload/", {"files": files})
    assert response.status_code == 413
    assert response.json() == {"detail": "A request may have 2 files, and this one has 3."}
    assert not stored()


def test_of_several_each_has_its_limits(acme):
    files = [padded(2_001), picture()]
    response = acme.post(f"{LIBRARY}bulk_upload/", {"files": files})
    assert response.status_code == 207
    details = [each.get("detail") for each in response.json()["results"]]
    assert details == ["cat.jpg: A file may have 2.0\xa0KB, and this one has more.", None]


def test_djangos_own_limits_are_told_as_well(acme, settings):
    settings.DATA_UPLOAD_MAX_NUMBER_FILES = 1
    files = [picture(f"{number}.jpg") for number in range(2)]
    response = acme.post(f"{LIBRARY}bulk_upload/", {"files": files})
    assert (response.status_code, list(response.json())) == (413, ["detail"])
