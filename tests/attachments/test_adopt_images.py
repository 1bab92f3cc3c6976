"""`manage.py adopt_images`."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from derived_images.attachments.models import ImageAttachment
from tests.attachments.test_adoption import contents, product

pytestmark = pytest.mark.django_db
FIELD = "tests_attachments.Product.photo"


def run(*arguments, expected=""):
    out = StringIO()
    if expected:
        with pytest.raises(CommandError) as error:
            call_command("adopt_images", *arguments, stdout=out)
        assert str(error.value) == expected
    else:
        call_command("adopt_images", *arguments, stdout=out)
    return out.getvalue().splitlines()


@pytest.fixture
def products():
    return [product("a.jpg"), product("b.jpg"), product("")]


def test_images_are_attached(products, media):
    before = contents(media)

    assert run(FIELD) == ["moved 2, joined 1, there 0, empty 1, missing 0, failed 0"]
    assert run(FIELD) == ["moved 0, joined 0, there 2, empty 1, missing 0, failed 0"]
    assert products[0].cover.image.stored == products[1].cover.image.stored
    assert run(FIELD, "--reverse") == [
        "given back 2, joined 0, there 0, empty 1, missing 0, failed 0"
    ]
    assert not ImageAttachment.objects.exists()
    assert contents(media) == before


def test_a_dry_run_tells_the_same_and_changes_nothing(products):
    assert run(FIELD, "--dry-run") == ["moved 2, joined 1, there 0, empty 1, missing 0, failed 0"]
    assert not ImageAttachment.objects.exists()


def test_a_missing_file_is_named(products):
    Path(products[0].photo.path).unlink()
    assert run(FIELD, expected="Not all could be moved: see above.") == [
        f"{products[0].pk}: 'products/a.jpg': It is not there.",
        "moved 1, joined 0, there 0, empty 1, missing 1, failed 0",
    ]


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        (
            "tests_attachments.Product.name",
            "tests_attachments.Product.name: 'name' is not an ImageField of "
            "tests_attachments.Product.",
        ),
        ("shop.Nothing.photo", "shop.Nothing.photo: App 'shop' doesn't have a 'Nothing' model."),
        ("photo", "photo: Give app.Model.field, as in shop.Product.photo."),
        (
            "shop.Plain.image",
            "shop.Plain.image: let Plain inherit ImagesMixin, or register() it.",
        ),
    ],
)
def test_what_cannot_be_done_is_told(label, expected):
    assert run(label, expected=expected) == []
