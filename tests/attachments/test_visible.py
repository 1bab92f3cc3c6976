"""What a user sees of rows, images and attachments."""

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import ValidationError
from django.http import Http404

from derived_images.attachments import visible
from derived_images.attachments.models import Image
from tests.attachments.models import Company, Part, PartProxy, Place, Restaurant, Stranger

pytestmark = pytest.mark.django_db


@pytest.fixture
def anyone(settings):
    return AnonymousUser()


@pytest.mark.parametrize("model", [Part, Company, Place])
def test_rows_are_found_by_the_text_of_their_key(anyone, model):
    row = model.objects.create(**({"slug": "roma"} if model is Place else {}))
    label = model._meta.label
    assert visible.row_of(anyone, label, str(row.pk)) == row
    assert visible.row_of(anyone, label.lower(), str(row.pk)) == row


def test_rows_of_children_and_proxies_are_found_as_such(anyone):
    restaurant = Restaurant.objects.create(slug="roma")
    part = Part.objects.create()
    found = visible.row_of(anyone, "tests_attachments.restaurant", "roma")
    assert (type(found), found) == (Restaurant, restaurant)
    found = visible.row_of(anyone, "tests_attachments.partproxy", str(part.pk))
    assert type(found) is PartProxy


@pytest.mark.parametrize(
    ("label", "key"),
    [
        ("tests_attachments.part", "987654321"),
        ("tests_attachments.part", "x"),
        ("tests_attachments.part", str(10**30)),
        ("tests_attachments.part", ""),
        ("tests_attachments.company", "1"),
        ("tests_attachments.place", "ro\0ma"),
        ("tests_attachments.place", "x" * 300),
        ("tests_attachments.stranger", "1"),
        ("auth.user", "1"),
        ("auth", "1"),
        ("a.b.c", "1"),
        ("", ""),
    ],
)
def test_what_is_not_there_is_not_found(anyone, label, key):
    Stranger.objects.create(pk=1)
    User.objects.create(pk=1)
    with pytest.raises(Http404, match=r"^There is no such row\.$"):
        visible.row_of(anyone, label, key)


def test_a_row_that_is_hidden_is_not_found(parts):
    user = User.objects.create(username="Acme")
    label = "tests_attachments.part"
    assert visible.row_of(user, label, str(parts[0].pk)) == parts[0]
    with pytest.raises(Http404, match=r"^There is no such row\.$"):
        visible.row_of(user, label, str(parts[1].pk))


def test_images_and_attachments_are_those_that_the_policy_shows(parts):
    user = User.objects.create(username="Acme")
    own = {each.image for each in parts[0].images.all()}
    assert set(visible.images_of(user)) == own
    assert set(visible.attachments_of(user)) == set(parts[0].images.all())
    assert not visible.images_of(user, parts[1].cover.image.owner_key)


def test_images_are_chosen_in_order_once(parts):
    keys = [each.image_id for each in parts[0].images.all()]
    chosen = visible.chosen(Image.objects.all(), [keys[2], keys[0], keys[2]])
    assert [image.pk for image in chosen] == [keys[2], keys[0]]
    with pytest.raises(ValidationError) as error:
        visible.chosen(Image.objects.all(), [keys[0], 987654320, 987654321])
    assert error.value.message_dict == {
        "ids": ["There is no image 987654320 here.", "There is no image 987654321 here."]
    }
