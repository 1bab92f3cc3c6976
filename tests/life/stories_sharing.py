"""Stories of files that several rows name, or something besides rows."""

import json

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.test import override_settings

from tests.life import models as life
from tests.life.candidate import OURS, derived, render
from tests.life.oracle import ANYTHING, content, picture
from tests.life.stories import (
    Moment,
    OnDisk,
    again,
    files_of,
    new,
    photo,
    story,
    tell_only_if,
    undeletable,
)

# --- Rows


@story
def two_rows_share_a_file():
    """A file goes with the last row that names it, and not before."""
    first = photo("red")
    second = life.Photo.objects.create(image=first.image.name)
    first.delete()
    yield {second: "red"}
    second.delete()
    yield {}


@story
def two_rows_share_a_file_and_one_moves_on():
    """A row that is given another file leaves the old one to the other row."""
    first = photo("red")
    second = life.Photo.objects.create(image=first.image.name)
    first.image = picture("blue")
    first.save()
    yield {first: "blue", second: "red"}


@story
def rows_of_two_models_share_a_file():
    """Who names a file is asked of every model, not of the row's own."""
    first = photo("red")
    page = life.Page.objects.create(album=life.Album.objects.create(), image=first.image.name)
    first.delete()
    yield {page: "red"}
    page.delete()
    yield {}


@story
def two_storages_share_a_folder():
    """Storage objects over one folder are not equal, but a file in it is the same file."""
    tell_only_if(isinstance(default_storage, OnDisk), "the storage has no folder")
    first = photo("red")
    second = life.SameFolder.objects.create(image=first.image.name)
    first.delete()
    yield {second: "red"}
    second.delete()
    yield {}


@story
def a_document_names_the_source():
    """A plain file field, which nobody follows, holds a file as well as an image field."""
    row = photo("red")
    document = life.Document.objects.create(file=row.image.name)
    row.delete()
    yield {(document, "file"): "red"}


@story
def a_document_names_a_variant():
    """A variant that some row holds as its file stays when its source goes."""
    row = photo("red")
    variants = list(derived(life.Photo._meta.get_field("image"), row.image.name))
    tell_only_if(variants, "the library derives no files")
    document = life.Document.objects.create(file=variants[0][1])
    row.delete()
    yield {(document, "file"): ANYTHING}


@story
def two_fields_of_a_row_share_a_file():
    """One row may name a file twice: clearing one field leaves it to the other."""
    pair = life.Pair.objects.create(front=picture("red"))
    pair.back = pair.front.name
    pair.save()
    pair.front.delete()
    yield {(pair, "back"): "red"}
    pair.back.delete()
    yield {}


@story
def two_fields_of_a_row_swap_their_files():
    """Both old names are freed and named again in one save."""
    pair = life.Pair.objects.create(front=picture("red"), back=picture("blue"))
    pair.front, pair.back = pair.back.name, pair.front.name
    pair.save()
    yield {(pair, "front"): "blue", (pair, "back"): "red"}


@story
def a_row_is_copied():
    """A copy made with `pk=None` shares the file: it stays when the first row goes."""
    first = photo("red")
    second = again(first)
    second.pk, second._state.adding = None, True
    second.save()
    first.delete()
    yield {second: "red"}


@story
def a_copy_is_given_a_file_of_its_own():
    """A copy that is saved with another file has nothing to free: the old name is the first row's."""
    first = photo("red")
    second = again(first)
    second.pk, second._state.adding = None, True
    second.image = picture("blue")
    second.save()
    yield {first: "red", second: "blue"}


@story
def a_copy_is_made_by_clearing_the_key_alone():
    """`pk = None` is enough for Django to insert, though the instance says that it was loaded."""
    first = photo("red")
    second = again(first)
    second.pk = None
    second.save()
    second.image = picture("blue")
    second.save()
    yield {first: "red", second: "blue"}


@story
def two_rows_swap_their_files():
    """Names that are freed and taken in one transaction stay."""
    one, other = photo("red"), photo("blue")
    with transaction.atomic():
        one.image, other.image = other.image.name, one.image.name
        one.save()
        other.save()
    yield {one: "blue", other: "red"}


@story
def a_file_moves_to_another_row():
    """The giver is saved first, in one transaction with the taker."""
    giver, taker = photo("red"), photo("blue")
    with transaction.atomic():
        name = giver.image.name
        giver.image = ""
        giver.save()
        taker.image = name
        taker.save()
    yield {taker: "red"}


@story
def a_file_moves_and_its_giver_is_deleted():
    """The giver still has the name in memory when it is deleted; the taker has it in the database."""
    giver, taker = photo("red"), photo("blue")
    taker.image = giver.image.name
    taker.save()
    giver.delete()
    yield {taker: "red"}


# --- Defaults


def default(name, color):
    default_storage.save(name, ContentFile(content(color)))
    return {name: color}


@story
def a_default_outlives_its_rows():
    """A default is nobody's to delete: the next row will name it."""
    stays = default("defaults/none.png", "gray")
    row = life.WithDefault.objects.create()
    yield Moment({row: "gray"}, stays)
    row.delete()
    yield Moment({}, stays)


@story
def a_default_is_replaced():
    """A row leaves its default for an upload, and comes back to it: the upload goes, the default stays."""
    stays = default("defaults/none.png", "gray")
    row = life.WithDefault.objects.create()
    row.image = picture("red")
    row.save()
    yield Moment({row: "red"}, stays)
    row.image = "defaults/none.png"
    row.save()
    yield Moment({row: "gray"}, stays)


@story
def a_callable_default_outlives_its_rows():
    """What a callable gives as the default is nobody's to delete, either: of no other field."""
    stays = default("defaults/called.png", "black")
    row = life.WithCallableDefault.objects.create()
    yield Moment({row: "black"}, stays)
    row.delete()
    yield Moment({}, stays)
    holder = life.Photo.objects.create(image="defaults/called.png")
    yield Moment({holder: "black"}, stays)
    holder.delete()
    yield Moment({}, stays)


@story
def a_default_is_another_field_s_upload():
    """One field's default is guarded there; where another field names it, that is a row's file."""
    row = photo("red")
    holder = life.WithDefault.objects.create(image=row.image.name)
    row.delete()
    yield {holder: "red"}
    holder.delete()
    yield {}


# --- Rows that are hard to see


@story
def a_manager_hides_rows():
    """A row that its own managers hide holds its file all the same."""
    first = new(life.Hidden, "red")
    second = life.Hidden.everything.create(image=first.image.name)
    life.Hidden.everything.filter(pk=first.pk).delete()
    yield {second: "red"}
    life.Hidden.everything.all().delete()
    yield {}


KEPT = []


def keep(names):
    """Keep what the project says it keeps, as a history table would."""
    return set(json.loads(json.dumps(KEPT))).intersection(names)


def forget(names):
    raise RuntimeError("The history cannot be reached.")


def deleted_under(setting):
    """Return the names of a row's files that is deleted under a `KEEP`."""
    tell_only_if(OURS, "KEEP is a setting of ours")
    row = photo("red")
    KEPT[:] = [row.image.name]
    with override_settings(DERIVED_IMAGES={"KEEP": f"{__name__}.{setting}"}):
        row.delete()
    return row


@story
def a_history_keeps_a_name():
    """A name that lives outside of file fields is kept by `KEEP`, with what is derived from it."""
    row = deleted_under("keep")
    yield Moment({}, dict.fromkeys(files_of(row), ANYTHING) | {row.image.name: "red"})


@story(logs_errors=True)
def a_history_cannot_be_asked():
    """A `KEEP` that fails keeps everything: an answer that fails means in use."""
    row = deleted_under("forget")
    yield Moment({}, dict.fromkeys(files_of(row), ANYTHING) | {row.image.name: "red"})


# --- A second database


@story
def rows_of_two_databases_share_a_file():
    """A row on another database holds its file: every database is asked."""
    first = photo("red")
    second = life.Photo.objects.using("other").create(image=first.image.name)
    first.delete()
    yield {second: "red"}
    second.delete()
    yield {}


@story
def a_row_lives_on_the_second_database():
    """Old names are read where the row is written, not on the default database."""
    row = life.Photo(image=picture("red"))
    row.save(using="other")
    row.image = picture("blue")
    row.save()
    yield {row: "blue"}
    row.delete()
    yield {}


@story
def two_databases_have_rows_of_one_key():
    """The same key on two databases is two rows, each with its own file."""
    first = photo("red")
    second = life.Photo(pk=first.pk, image=picture("blue"))
    second.save(using="other")
    second.image = picture("green")
    second.save(using="other")
    # One dict would take them for one row.
    yield {first: "red"}
    yield {second: "green"}


@story
def a_row_is_copied_to_the_second_database():
    """A row saved onto another database is there twice, and its file is shared."""
    first = photo("red")
    second = again(first)
    second.save(using="other")
    again(first).image.save("dog.png", picture("blue"))
    yield {first: "blue"}
    yield {second: "red"}


# --- Storages that fail


@story(logs_errors=True)
def a_file_cannot_be_deleted():
    """A delete that fails costs neither the row nor the other files of its transaction."""
    rows = [photo("red"), photo("green"), photo("blue")]
    with undeletable(rows[0].image.name):
        life.Photo.objects.filter(pk__in=[row.pk for row in rows[:2]]).delete()
    yield Moment({rows[2]: "blue"}, [rows[0].image.name])


@story(logs_errors=True)
def a_variant_cannot_be_deleted():
    """A variant that cannot be deleted stops neither its source's removal nor the save."""
    row = photo("red")
    _, *variants = files_of(row)
    tell_only_if(variants, "the library derives no files")
    with undeletable(variants[0]):
        row.image = picture("blue")
        row.save()
    yield Moment({row: "blue"}, [variants[0]])


@story
def a_file_has_gone_already():
    """A file that somebody else deleted is no reason to keep its variants, or the row."""
    row, other = photo("red"), photo("blue")
    default_storage.delete(row.image.name)
    row.delete()
    yield {other: "blue"}


@story
def a_missing_source_is_replaced():
    """A row whose file is missing is cured by an upload."""
    row = photo("red")
    default_storage.delete(row.image.name)
    row = again(row)
    row.image = picture("blue")
    row.save()
    render(row)
    yield {row: "blue"}
