"""Stories of transactions: what is not committed is not the truth, and what is rolled back never was."""

import json

from django.core.files.base import ContentFile
from django.db import transaction
from django.test import override_settings

from tests.life import models as life
from tests.life.candidate import OURS
from tests.life.oracle import ANYTHING, content, picture
from tests.life.stories import (
    Moment,
    again,
    files_of,
    new,
    photo,
    second_session,
    story,
    swept,
    tell_only_if,
    wait_until_blocked,
)


class RollBack(Exception):
    """Ends a block."""


class rolled_back(transaction.Atomic):  # noqa: N801
    """A block whose work is undone, as if it had raised."""

    def __init__(self, using="default"):
        super().__init__(using, savepoint=True, durable=False)

    def __exit__(self, exc_type, exc_value, traceback):
        if exc_type is None:
            exc_type, exc_value = RollBack, RollBack()
        super().__exit__(exc_type, exc_value, traceback)
        return exc_type is RollBack


# --- Roll-backs


@story
def a_delete_is_rolled_back():
    """A file whose row comes back must be there."""
    row = photo("red")
    with rolled_back():
        again(row).delete()
    yield {row: "red"}


@story
def image_delete_is_rolled_back():
    """`image.delete()` deletes at once in Django itself; the row that comes back has lost its file."""
    row = photo("red")
    with rolled_back():
        again(row).image.delete()
    yield {row: "red"}


@story
def a_replacement_is_rolled_back():
    """The old file is the row's again; the new one was never named, and an audit finds it."""
    row, handle = photo("red"), life.Photo.objects.get()
    with rolled_back():
        handle.image = picture("blue")
        handle.save()
    yield from swept({row: "red"}, files_of(handle))


@story
def image_save_is_rolled_back():
    """`image.save()` in a transaction that rolls back frees nothing."""
    row, handle = photo("red"), life.Photo.objects.get()
    with rolled_back():
        handle.image.save("dog.png", ContentFile(content("blue")))
    yield from swept({row: "red"}, files_of(handle))


@story
def a_creation_is_rolled_back():
    """A file of a row that never was stays for the audit, and nothing is derived from it."""
    with rolled_back():
        row = photo("red")
    yield from swept({}, files_of(row))


@story
def a_creation_is_rolled_back_and_tried_again():
    """A save that was rolled back is repeated with the same instance: its file has variants."""
    row = life.Photo(image=picture("red"))
    with rolled_back():
        row.save()
    row.save()
    yield {row: "red"}


@story
def a_replacement_is_rolled_back_and_tried_again():
    """A replacement that is repeated frees the row's old file, though the instance forgot it."""
    row, handle = photo("red"), life.Photo.objects.get()
    with rolled_back():
        handle.image = picture("blue")
        handle.save()
    handle.save()
    yield {row: "blue"}


@story
def a_clear_is_rolled_back_and_the_instance_saved():
    """After a roll-back the instance is stale: what it frees is what its row names."""
    row, handle = photo("red"), life.Photo.objects.get()
    with rolled_back():
        handle.image = ""
        handle.save()
    yield {row: "red"}
    handle.save()
    yield {}


@story
def a_savepoint_is_rolled_back():
    """What a savepoint undoes is not freed when the outer transaction commits."""
    row, handle = photo("red"), life.Photo.objects.get()
    with transaction.atomic():
        with rolled_back():
            handle.delete()
        life.Photo.objects.filter(pk=row.pk).update(title="x")
    yield {row: "red"}


@story
def a_nested_block_is_rolled_back_with_its_outer():
    """What an inner block has done is undone with the outer one: its end is no commit."""
    row, handle = photo("red"), life.Photo.objects.get()
    with rolled_back(), transaction.atomic(), transaction.atomic():
        handle.delete()
    yield {row: "red"}


@story
def a_savepoint_by_hand_is_rolled_back():
    """Savepoints made by hand forget no hook: the database is asked, and says the row is there."""
    row, handle = photo("red"), life.Photo.objects.get()
    with transaction.atomic():
        # Django 6.1 has a new name for it, and complains of the old one.
        create = getattr(transaction, "savepoint_create", transaction.savepoint)
        savepoint = create()
        handle.delete()
        transaction.savepoint_rollback(savepoint)
    yield {row: "red"}


# --- One transaction, several steps


@story
def a_replacement_is_reverted():
    """A name that is left and taken again before the commit stays."""
    row = photo("red")
    name = row.image.name
    with transaction.atomic():
        row.image = ""
        row.save()
        row.image = name
        row.save()
    yield {row: "red"}


@story
def a_row_is_deleted_and_made_again():
    """A name that is deleted and created in one transaction is in use when it commits."""
    row = photo("red")
    with transaction.atomic():
        again(row).delete()
        row = life.Photo.objects.create(image=row.image.name)
    yield {row: "red"}


@story
def a_row_is_replaced_twice():
    """Of three files in one transaction the last stays; the one in between never was committed."""
    row = photo("red")
    with transaction.atomic():
        row.image.save("dog.png", picture("green"))
        row.image.save("cow.png", picture("blue"))
    yield {row: "blue"}


@story
def a_row_is_replaced_and_deleted():
    """Both files of a row that is replaced and deleted in one transaction go."""
    row = photo("red")
    with transaction.atomic():
        row.image.save("dog.png", picture("blue"))
        row.delete()
    yield {}


@story
def a_stored_file_is_never_saved():
    """A file that was stored for a row, and not saved on it, goes when that row is deleted."""
    row = photo("red")
    row.image.save("dog.png", ContentFile(content("blue")), save=False)
    row.delete()
    yield {}


@story
def a_transaction_is_judged_before_it_ends():
    """Until the commit all files are there, the old and the new."""
    row = photo("red")
    before = dict.fromkeys(files_of(row), ANYTHING)
    with transaction.atomic():
        row.image = ""
        row.save()
        yield Moment({}, before)
    yield {}


# --- Two databases


@story
def another_database_rolls_back():
    """A row is waited for on its own database, not on the default one."""
    row = life.Photo(image=picture("red"))
    row.save(using="other")
    with rolled_back("other"):
        again(row).delete()
    yield {row: "red"}


@story
def another_database_has_not_committed():
    """What another database may still roll back is no truth, though this connection sees it."""
    first = photo("red")
    second = life.Photo.objects.using("other").create(image=first.image.name)
    with rolled_back("other"):
        again(second).delete()
        first.delete()
    yield {second: "red"}


@story
def the_default_database_rolls_back_alone():
    """What one database commits while another's transaction is open goes with that one's commit.

    It is rolled back here, and nobody is told: an audit finds the file.
    """
    first, second = photo("red"), life.Photo(image=picture("blue"))
    second.save(using="other")
    with rolled_back(), transaction.atomic(using="other"):
        again(first).delete()
        again(second).delete()
    yield from swept({first: "red"}, files_of(second))


# --- Late work, and two sessions

PAYLOADS = []


def later(payload):
    """Take work as a queue does."""
    PAYLOADS.append(json.loads(json.dumps(payload)))


def do_work():
    from derived_images.tasks import render_payload

    while PAYLOADS:
        render_payload(PAYLOADS.pop())


class with_a_queue(override_settings):  # noqa: N801
    """Let rendering be done later."""

    def __init__(self):
        tell_only_if(OURS, "queues are ours")
        super().__init__(DERIVED_IMAGES={"PROCESSOR": f"{__name__}.later"})


@story
def a_row_goes_before_it_is_rendered():
    """Late work for a row that has gone renders nothing."""
    with with_a_queue():
        # Its source stays: there is something to be rendered still.
        row = new(life.Plain, "red")
    row.delete()
    do_work()
    yield Moment({}, {row.image.name: "red"})


@story
def a_row_moves_on_before_it_is_rendered():
    """Late work for a file that was replaced renders nothing of it; repeated work harms nothing."""
    with with_a_queue():
        row = photo("red")
        row.image = picture("blue")
        row.save()
        PAYLOADS.extend(PAYLOADS)
    do_work()
    yield {row: "blue"}


@story
def another_session_takes_the_name():
    """Who names a file is asked after the commit: meanwhile another row may have taken the name."""
    row = photo("red")
    with second_session() as session:
        with transaction.atomic():
            again(row).delete()
            second = session(life.Photo.objects.create, image=row.image.name).result()
        yield {second: "red"}


@story
def another_session_replaces_first():
    """Old names are read under a lock: of two writers the second frees what the first has stored."""
    row = photo("red")
    with second_session() as session:
        with transaction.atomic():
            again(row).image.save("dog.png", picture("green"))
            second = session(replace, again(row), "blue")
            wait_until_blocked(second)
        second.result()
    yield {row: "blue"}


@story
def another_session_deletes_while_a_writer_waits():
    """A row that is replaced while another session deletes it leaves no file behind."""
    row = photo("red")
    with second_session() as session:
        with transaction.atomic():
            again(row).image.save("dog.png", picture("green"))
            second = session(delete, again(row))
            wait_until_blocked(second)
        second.result()
    yield {}


def replace(row, color):
    with transaction.atomic():
        row.image = picture(color)
        row.save()


def delete(row):
    with transaction.atomic():
        row.delete()
