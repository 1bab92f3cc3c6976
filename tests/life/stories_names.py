"""Stories of names that are nearly alike: nobody's file is taken for another's."""

import unicodedata

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from tests.life import models as life
from tests.life.candidate import derived, render
from tests.life.oracle import content, picture
from tests.life.stories import Moment, new, photo, story, tell_only_if


def by_hand(color, name):
    """Return a row that names a file which no field has named."""
    default_storage.save(name, ContentFile(content(color)))
    row = life.Photo.objects.create(image=name)
    render(row)
    return row


def variant_of(model, source):
    """Return the name, without its folder, that a variant of this source has."""
    names = [name for _, name in derived(model._meta.get_field("image"), source)]
    tell_only_if(names, "the library derives no files")
    return names[0].rpartition("/")[2]


@story
def two_uploads_have_one_name():
    """Two uploads of one name are two files."""
    first, second = photo("red"), photo("blue")
    yield {first: "red", second: "blue"}
    first.delete()
    yield {second: "blue"}


@story
def two_uploads_have_one_stem():
    """`cat.png` and `cat.jpg` in one folder do not share their variants."""
    first, second = photo("red", "cat.png"), photo("blue", "cat.jpg")
    yield {first: "red", second: "blue"}
    first.delete()
    yield {second: "blue"}


@story
def two_fields_of_a_row_have_one_name():
    """Two fields with one folder, saved at once, have uploads of one name."""
    pair = life.Pair.objects.create(front=picture("red"), back=picture("blue"))
    yield {(pair, "front"): "red", (pair, "back"): "blue"}
    pair.front.delete()
    yield {(pair, "back"): "blue"}


@story
def two_uploads_of_a_plain_field_have_one_stem():
    """On Django's own field, too, `cat.png` and `cat.jpg` do not share their variants."""
    first, second = new(life.Plain, "red", "cat.png"), new(life.Plain, "blue", "cat.jpg")
    yield {first: "red", second: "blue"}
    first.delete()
    yield Moment({second: "blue"}, [first.image.name])


@story
def an_upload_is_called_like_a_variant():
    """An upload that has the name of a variant which is there does not take its place."""
    first = photo("red")
    second = photo("blue", variant_of(life.Photo, first.image.name))
    yield {first: "red", second: "blue"}
    first.delete()
    yield {second: "blue"}


@story
def an_upload_is_called_like_a_variant_to_come():
    """An upload that has the name of a later one's variant is not overwritten, nor deleted with it."""
    first = photo("red", variant_of(life.Photo, "photos/cat.png"))
    second = photo("blue", "cat.png")
    yield {first: "red", second: "blue"}
    second.delete()
    yield {first: "red"}


@story
def a_plain_upload_is_called_like_a_variant_to_come():
    """The same on Django's own field, whose uploads keep the names that people gave them."""
    first = new(life.Plain, "red", variant_of(life.Photo, "plain/cat.png"))
    second = new(life.Plain, "blue", "cat.png")
    yield {first: "red", second: "blue"}
    second.delete()
    yield Moment({first: "red"}, [second.image.name])


@story
def a_document_is_called_like_a_variant_to_come():
    """A file that a plain file field holds is overwritten by nobody's variant."""
    name = f"photos/{variant_of(life.Photo, 'photos/cat.png')}"
    default_storage.save(name, ContentFile(content("red")))
    document = life.Document.objects.create(file=name)
    row = photo("blue", "cat.png")
    yield {(document, "file"): "red", row: "blue"}


@story
def a_variant_would_overwrite_a_source():
    """Before a variant is written over a name that no field has allocated, all rows are asked."""
    first = by_hand("red", f"photos/{variant_of(life.Photo, 'photos/cat.png')}")
    second = by_hand("blue", "photos/cat.png")
    yield {first: "red"}
    second.delete()
    yield {first: "red"}


@story
def a_name_begins_with_another():
    """Files are deleted by exact name: what begins alike is another row's, or nobody's."""
    first = by_hand("red", "photos/cat.png")
    second = by_hand("blue", "photos/cat_2.png")
    stranger = "photos/cat_thumbs.webp"
    default_storage.save(stranger, ContentFile(content("gray")))
    first.delete()
    yield Moment({second: "blue"}, {stranger: "gray"})


@story
def names_collide_by_concatenation():
    """The variant of one source and another source whose name says it, are told apart by the rows."""
    first = by_hand("red", "photos/cat.png")
    second = by_hand("blue", "photos/cat_thumb.png")
    yield {first: "red", second: "blue"}
    first.delete()
    yield {second: "blue"}


@story
def names_differ_in_case():
    """A collation that takes A for a does not keep a file that nobody names, nor give it away."""
    first = by_hand("red", "photos/Cat.png")
    second = by_hand("blue", "photos/cat.png")
    yield {first: "red", second: "blue"}
    first.delete()
    yield {second: "blue"}


@story
def names_differ_in_accents():
    """A collation that takes é for e does not keep a file that nobody names."""
    first = by_hand("red", "photos/café.png")
    second = by_hand("blue", "photos/cafe.png")
    first.image = picture("green")
    first.save()
    yield {first: "green", second: "blue"}


@story
def names_differ_in_the_spelling_of_a_letter():
    """One letter in two spellings of Unicode is two uploads, on disks that take them for one, too."""
    composed = photo("red", unicodedata.normalize("NFC", "é.png"))
    decomposed = photo("blue", unicodedata.normalize("NFD", "é.png"))
    yield {composed: "red", decomposed: "blue"}
    composed.delete()
    yield {decomposed: "blue"}


@story
def names_are_longer_than_their_column():
    """Names that are cut to fit their column stay two, with all their variants."""
    rows = [photo(color, "x" * 150 + ".png") for color in ("red", "blue")]
    yield dict(zip(rows, ("red", "blue"), strict=True))
    rows[0].delete()
    yield {rows[1]: "blue"}


@story
def a_name_by_hand_is_replaced():
    """A file that our field did not name goes like any other when its row is given another."""
    row = by_hand("red", "photos/cat.png")
    row.image = picture("blue")
    row.save()
    yield {row: "blue"}


@story
def a_deleted_name_is_used_again():
    """A name that was freed and is stored anew, before the commit, is the new row's."""
    row = by_hand("red", "photos/cat.png")
    with transaction.atomic():
        row.delete()
        default_storage.delete("photos/cat.png")
        row = by_hand("blue", "photos/cat.png")
    render(row)
    yield {row: "blue"}
