"""Many at once on the same rows, images and bytes: nothing is lost, and nobody gets an error.

Each test is some rounds of one race: `ATTACHMENT_RACES=100 pytest …` runs as many. On PostgreSQL
all lock in one order, and nobody is ended for another's sake; MariaDB also locks what lies between
rows, ends some, and the wing does their work again.
"""

import os
import random
from functools import partial

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client

from derived_images.attachments.models import Image, ImageAttachment, StoredImage
from tests.attachments.models import Badge, Part, Shelf
from tests.attachments.oracle import ailments
from tests.attachments.racing import Racers
from tests.pictures import plain

RACERS = 16
ROUNDS = int(os.environ.get("ATTACHMENT_RACES", "6"))

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        connection.vendor == "sqlite", reason="it is in memory; test_locking has one on a disk"
    ),
]


@pytest.fixture(scope="module")
def racers():
    racers = Racers(RACERS)
    yield racers
    racers.close()


@pytest.fixture(autouse=True)
def unrendered(settings):
    """Render nothing: what is raced for is elsewhere."""
    settings.DERIVED_IMAGES = {"PROCESSOR": "none"}


@pytest.fixture
def discarding(settings):
    """Let images go when they leave their last row."""
    policy = "tests.attachments.policies.Discarding"
    settings.DERIVED_IMAGES = {**settings.DERIVED_IMAGES, "POLICY": policy}


@pytest.fixture
def race(racers, caplog):
    """Return what lets all run at once, and returns what they return."""
    racers.ended.clear()
    yield racers.race
    # What fails after commit is logged, and not raised.
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []
    if connection.vendor == "postgresql":
        assert racers.ended == []


@pytest.fixture(autouse=True)
def sound(media, settings, transactional_db):
    """Return what sees that nothing is wrong, and see so in the end."""

    def sound():
        variants = settings.DERIVED_IMAGES["PROCESSOR"] == "inline"
        assert ailments(media, variants=variants) == []

    yield sound
    sound()


def content(number: int) -> bytes:
    return plain("RGB", (number % 256, number // 256, 0))


def upload(number: int, name: str = "cat.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content(number))


def image(number: int) -> Image:
    return Image.objects.upload(upload(number))


def part(*images: Image) -> Part:
    row = Part.objects.create()
    for each in images:
        row.attach(each)
    return row


def refusals(results) -> set[str]:
    return {each.code for each in results if isinstance(each, ValidationError)}


# --- Bytes


@pytest.mark.parametrize("is_one_row", [False, True], ids=["a row each", "one row"])
@pytest.mark.parametrize("processor", ["none", "inline"])
def test_the_same_bytes_uploaded_at_once_are_stored_once(
    race, sound, settings, processor, is_one_row
):
    settings.DERIVED_IMAGES = {"PROCESSOR": processor}
    names = {f"{number}.png" for number in range(RACERS)}

    for number in range(ROUNDS):
        rows = [part()] * RACERS if is_one_row else [part() for _ in names]
        attached = race(
            *(
                partial(row.attach, upload(number, name))
                for row, name in zip(rows, names, strict=True)
            )
        )

        assert {each.image.name for each in attached} == names
        assert len({each.image.stored_id for each in attached}) == 1
        assert StoredImage.objects.count() == number + 1
        assert Image.objects.count() == ImageAttachment.objects.count() == RACERS * (number + 1)
        sound()


@pytest.mark.parametrize("uploads", [1, 3])
def test_an_upload_of_bytes_whose_last_image_is_deleted_keeps_its_file(race, sound, uploads):
    for number in range(2 * ROUNDS):
        last = image(0)
        delete = [last.delete, Image.objects.filter(pk=last.pk).delete][number % 2]
        again = [partial(image, 0)] * uploads

        race(*again, delete)

        assert Image.objects.count() == uploads
        sound()
        Image.objects.all().delete()
        assert not StoredImage.objects.exists()


def test_an_upload_of_bytes_that_their_last_image_exchanges_keeps_its_file(race, sound):
    def exchange(last):
        with transaction.atomic():
            last.stored = StoredImage.objects.store(upload(1))
            last.save()

    for _ in range(3 * ROUNDS):
        image(1)  # There already: what is left to do takes no time.
        race(partial(exchange, image(0)), *[partial(image, 0)] * 2)

        assert StoredImage.objects.count() == 2
        sound()
        Image.objects.all().delete()


def test_bytes_whose_images_are_all_deleted_at_once_go(race, sound):
    for _ in range(ROUNDS):
        race(*(image(0).delete for _ in range(RACERS)))

        assert not StoredImage.objects.exists()
        sound()


def test_images_of_the_same_bytes_are_deleted_in_any_order_at_once(race):
    for _ in range(ROUNDS):
        numbers = [0, 1, 2, 3]
        batches = []
        for _ in range(4):
            random.Random(len(batches)).shuffle(numbers)
            batches.append([image(number).pk for number in numbers])

        race(*(Image.objects.filter(pk__in=keys).delete for keys in batches))

        assert not StoredImage.objects.exists()


@pytest.mark.usefixtures("discarding")
def test_images_that_leave_their_last_row_go_while_their_bytes_come_to_another(race, sound):
    for _ in range(ROUNDS):
        rows = [part() for _ in range(4)]
        attached = [row.attach(upload(0)) for row in rows]

        race(
            *(partial(row.detach, each) for row, each in zip(rows, attached, strict=True)),
            *(partial(row.attach, upload(0)) for row in rows),
        )

        assert Image.objects.count() == 4
        sound()
        Image.objects.all().delete()


# --- One row


def attach_bytes(row, chance):
    row.attach(upload(chance.randrange(4)))


def attach_image(row, chance):
    row.attach(chance.choice(Image.objects.order_by("pk")[:6]))


def detach(row, chance):
    row.detach(chance.choice(row.images.all()))


def delete(row, chance):
    """Delete one that was read before the row is locked."""
    chance.choice(row.images.all()).delete()


def delete_by_query_set(row, chance):
    row.images.filter(pk__in=[each.pk for each in row.images.all()[:2]]).delete()


def reorder(row, chance):
    row.reorder(chance.choice(row.images.all()), chance.choice([0, 1, -1]))


def set_cover(row, chance):
    row.set_cover(chance.choice(row.images.all()))


def save_cover(row, chance):
    """Make one the cover as a form does, which was shown before."""
    attachment = chance.choice(row.images.all())
    attachment.is_cover = True
    attachment.save()


def save_texts(row, chance):
    """Save a whole attachment that was read before."""
    attachment = chance.choice(row.images.all())
    attachment.custom_title = "A cat"
    attachment.save()


BY_THE_ROW = [attach_bytes, attach_image, detach, reorder, set_cover]
BY_ATTACHMENTS = [delete, delete_by_query_set, save_cover, set_cover, attach_bytes]


def work(row, moves, seed):
    """Make some moves, and return what they were refused for."""
    chance, told = random.Random(seed), set()
    for _ in range(6):
        try:
            chance.choice(moves)(row, chance)
        except ValidationError as refusal:
            told.add(refusal.code)
        except IndexError:  # Nothing is on the row.
            pass
    return told


@pytest.mark.parametrize("moves", [BY_THE_ROW, BY_ATTACHMENTS], ids=["row", "attachments"])
def test_a_row_that_many_change_at_once_has_one_order_and_one_cover(race, sound, moves):
    for number in range(ROUNDS):
        row = part(*(image(each) for each in range(6)))

        told = race(*(partial(work, row, moves, 100 * number + seed) for seed in range(6)))

        assert set().union(*told) <= {"not_attached"}
        sound()


def test_an_attachment_that_is_saved_as_it_was_shown_leaves_the_row_one_cover(race, sound):
    for _ in range(ROUNDS):
        row = part(*(image(each) for each in range(3)))
        shown = list(row.images.all())

        race(partial(row.set_cover, shown[1]), *(each.save for each in shown))

        sound()


@pytest.mark.parametrize("way", ["detach", "delete"])
def test_the_cover_leaves_with_the_next_one_at_once_and_the_third_is_cover(race, way):
    for _ in range(2 * ROUNDS):
        row = part(*(image(each) for each in range(3)))
        first, second, third = row.images.all()
        leave = {
            "detach": [partial(row.detach, first), partial(row.detach, second)],
            "delete": [first.delete, second.delete],
        }

        race(*leave[way])

        assert [(each, each.is_cover) for each in row.images.all()] == [(third, True)]


def test_a_row_takes_no_more_images_than_its_limit(race):
    for number in range(ROUNDS):
        shelf = Shelf.objects.create()

        results = race(*(partial(shelf.attach, upload(each)) for each in range(8)))

        assert shelf.images.count() == 3
        assert sum(isinstance(each, ValidationError) for each in results) == 5
        assert refusals(results) == {"images_limit"}
        # Whoever was refused has stored nothing.
        assert Image.objects.count() == 3 * (number + 1)


def test_editors_in_the_admin_add_no_more_images_than_the_limit(race, admin_user):
    """Whoever comes too late is told so in the form."""

    def post(shelf, number):
        client = Client()
        client.force_login(admin_user)
        prefix = "derived_images_attachments-imageattachment-content_type-object_int"
        data = {f"{prefix}-TOTAL_FORMS": 0, f"{prefix}-INITIAL_FORMS": 0}
        data[f"{prefix}-files"] = upload(number)
        url = f"/admin/tests_attachments/shelf/{shelf.pk}/change/"
        return client.post(url, data).status_code

    for number in range(ROUNDS):
        shelf = Shelf.objects.create()

        answers = race(*(partial(post, shelf, each) for each in range(8)))

        assert sorted(answers) == [200] * 5 + [302] * 3
        assert shelf.images.count() == 3
        assert Image.objects.count() == 3 * (number + 1)


@pytest.mark.parametrize("policy", ["keeping", "discarding"])
def test_a_row_with_one_image_has_the_last_of_many(race, racers, sound, request, policy):
    """Two badges that exchange their pictures may each lock the file that the other comes for."""
    if policy == "discarding":
        request.getfixturevalue("discarding")
    for _ in range(ROUNDS):
        badges = [Badge.objects.create() for _ in range(2)]

        results = race(*(partial(badges[each % 2].attach, upload(each % 3)) for each in range(8)))

        assert refusals(results) == set()
        assert [badge.images.count() for badge in badges] == [1, 1]
        sound()
    if policy == "discarding":
        racers.ended.clear()


def test_a_row_that_is_deleted_while_it_is_given_images_leaves_none(race, sound):
    for number in range(2 * ROUNDS):
        row = part(*(image(each) for each in range(number % 2)))
        again = [Part.objects.get(pk=row.pk) for _ in range(6)]

        results = race(row.delete, *(partial(each.attach, upload(3)) for each in again))

        assert refusals(results) <= {"no_row"}
        assert not ImageAttachment.objects.exists()
        sound()


# --- Several rows and images


def test_an_image_that_is_deleted_while_it_is_attached_is_on_no_row(race, sound):
    for number in range(2 * ROUNDS):
        rows = [part() for _ in range(4)]
        shared = image(0)
        rows[0].attach(shared)
        delete = [shared.delete, Image.objects.filter(pk=shared.pk).delete][number % 2]
        found = Image.objects.in_bulk()[shared.pk]

        results = race(*(partial(row.attach, found) for row in rows), delete)

        assert refusals(results) <= {"no_image"}
        assert not ImageAttachment.objects.exists()
        sound()


def test_images_that_are_deleted_together_while_a_row_takes_them_are_on_no_row(race, sound):
    for _ in range(2 * ROUNDS):
        images = [image(each) for each in range(4)]
        rows = [part(images[each]) for each in range(4)]
        keys = [each.pk for each in images]
        attach = [partial(rows[n].attach, Image.objects.get(pk=images[n - 1].pk)) for n in range(4)]

        results = race(*attach, Image.objects.filter(pk__in=keys).delete)

        assert refusals(results) <= {"no_image"}
        assert not ImageAttachment.objects.exists()
        sound()


@pytest.mark.usefixtures("discarding")
def test_an_image_is_deleted_while_it_leaves_its_last_row(race, sound):
    for _ in range(2 * ROUNDS):
        rows = [part() for _ in range(4)]
        attached = [row.attach(upload(0)) for row in rows]

        race(
            *(partial(row.detach, each) for row, each in zip(rows, attached, strict=True)),
            *(Image.objects.get(pk=each.image_id).delete for each in attached),
        )

        assert not Image.objects.exists()
        sound()


def test_rows_with_the_same_images_in_other_orders_are_copied_at_once(race):
    images = [image(0), image(1), image(0), image(1)]
    rows = [part(*images), part(*reversed(images))]

    for _ in range(2 * ROUNDS):
        others = [part() for _ in range(6)]
        race(*(partial(rows[n % 2].copy_images_to, other) for n, other in enumerate(others)))

        assert [other.images.count() for other in others] == [4] * 6
