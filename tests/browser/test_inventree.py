"""InvenTree's published Python client, as it is, against the example's API."""

import hashlib
from pathlib import Path

import pytest
import requests
from inventree.api import InvenTreeAPI
from inventree.company import Company
from inventree.part import Part
from PIL import Image


@pytest.fixture
def api(site):
    return InvenTreeAPI(site.url, username="demo", password="demo")


@pytest.fixture(params=[Part, Company], ids=["part", "company"])
def row(request, api):
    """Return a row that has images."""
    return next(row for row in request.param.list(api) if row.image)


def test_it_connects_and_is_given_a_token(api):
    assert api.connected
    assert len(api.token) == 40
    assert api.testAuth()
    assert InvenTreeAPI(api.base_url, token=api.token).username == "demo"
    with pytest.raises(ConnectionError):
        InvenTreeAPI(api.base_url, username="demo", password="wrong")


def test_an_image_is_cleared_refused_uploaded_and_downloaded(row, tmp_path: Path):
    row.save(data={"image": None})
    assert row.image is None
    row.reload()
    assert row.image is None
    with pytest.raises(ValueError, match="does not have an associated image"):
        row.downloadImage(str(tmp_path / "none.png"))

    notes = tmp_path / "dummy.jpg"
    notes.write_text("Lorem ipsum")
    with pytest.raises(requests.HTTPError) as error:
        row.uploadImage(str(notes))
    assert error.value.args[0]["status_code"] == 400
    assert "no picture in one of these formats" in error.value.args[0]["body"]
    row.reload()
    assert row.image is None

    picture = tmp_path / "dummy.png"
    Image.linear_gradient("L").rotate(len(row._data["name"])).save(picture)
    row.uploadImage(str(picture))
    assert "dummy" in row.image
    shown = row.image
    row.reload()
    assert row.image == shown

    target = tmp_path / "downloaded.png"
    assert row.downloadImage(str(target))
    assert digest(target) == digest(picture)
    with pytest.raises(FileExistsError):
        row.downloadImage(str(target))
    assert row.downloadImage(str(target), overwrite=True)


def test_it_is_stored_once_whoever_shows_it(site, api, tmp_path: Path):
    picture = tmp_path / "twice.png"
    Image.new("RGB", (300, 200), "#4b7f52").save(picture)
    rows = list(Part.list(api))[:2]
    for row in rows:
        row.uploadImage(str(picture))
    assert len([name for name in site.files if "twice" in name and name.endswith(".png")]) == len(
        {row.image for row in rows}
    )


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
