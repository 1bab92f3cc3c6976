"""Stories of every way in: how a row comes to name another file, or none, or goes."""

import pickle

from django.contrib.admin import ModelAdmin
from django.contrib.admin.sites import AdminSite
from django.contrib.auth.models import User
from django.core import serializers
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.forms import modelform_factory
from django.test import Client, override_settings
from django.urls import path

from tests.life import models as life
from tests.life.candidate import OURS, render
from tests.life.oracle import content, picture
from tests.life.stories import (
    Moment,
    again,
    files_of,
    new,
    photo,
    story,
    swept,
    tell_only_if,
)

site = AdminSite(name="admin")
site.register(life.Photo, ModelAdmin)
urlpatterns = [path("admin/", site.urls)]
PhotoForm = modelform_factory(life.Photo, fields=["title", "image"])


# --- Saving


@story
def an_upload_is_saved():
    """A row that is created with an upload shows it, with all its variants."""
    yield {photo("red"): "red"}


@story
def an_upload_is_assigned_over_another():
    """The old file goes with its variants when `save()` writes another one."""
    row = photo("red")
    row.image = picture("blue")
    row.save()
    yield {row: "blue"}


@story
def image_save_replaces():
    """`image.save()` stores before the row is saved, and the old file still goes."""
    row = photo("red")
    row.image.save("dog.png", ContentFile(content("blue")))
    yield {row: "blue"}


@story
def image_save_waits_for_its_row():
    """A file stored with `save=False` is nobody's until its row is saved, which may take a while."""
    row = photo("red")
    row.image.save("dog.png", ContentFile(content("blue")), save=False)
    row.save(update_fields=["title"])
    yield from waiting(row)
    row.save(update_fields=["image"])
    yield {row: "blue"}


def waiting(row):
    """Yield the moment at which the row shows red still, and its next file waits."""
    moments = swept({again(row): "red"}, files_of(row))
    yield next(moments)


@story
def two_files_are_stored_before_one_save():
    """Of two files stored with `save=False` the first was never on the row, and goes all the same."""
    row = photo("red")
    row.image.save("dog.png", ContentFile(content("green")), save=False)
    row.image.save("cow.png", ContentFile(content("blue")), save=False)
    row.save()
    yield {row: "blue"}


@story
def update_fields_names_the_image():
    """`save(update_fields=["image"])` replaces as any save does."""
    row = photo("red")
    row.image = picture("blue")
    row.save(update_fields=["image"])
    yield {row: "blue"}


@story
def update_fields_leaves_the_image_out():
    """`save(update_fields=["title"])` writes no image, so it frees none, whatever is assigned."""
    row = photo("red")
    row.image = picture("blue")
    row.save(update_fields=["title"])
    yield {again(row): "red"}
    row.save()
    yield {row: "blue"}


@story
def a_name_is_assigned():
    """A row that is given another row's name leaves its own file, and shares that one."""
    row, other = photo("red"), photo("blue")
    row.image = other.image.name
    row.save()
    yield {row: "blue", other: "blue"}


@story
def none_is_assigned():
    """None empties a nullable field, and the file goes."""
    row = new(life.WithUUID, "red")
    row.image = None
    row.save()
    yield {}


@story
def an_empty_name_is_assigned():
    """An empty name empties the field, and the file goes."""
    row = photo("red")
    row.image = ""
    row.save()
    yield {}


@story
def the_file_of_another_row_is_assigned():
    """A `FieldFile` taken from another row names one file on both, until the last of them goes."""
    first, second = photo("red"), life.Photo()
    second.image = again(first).image
    second.save()
    yield {first: "red", second: "red"}
    first.delete()
    yield {second: "red"}


@story
def a_file_is_saved_under_its_own_name():
    """A file that is stored again under the name it has does not go for the old one."""
    row = photo("red")
    row.image.save(row.image.name.rpartition("/")[2], ContentFile(content("blue")))
    yield {row: "blue"}


@story
def a_row_is_saved_over_by_key():
    """An instance made by hand over a key that exists was never loaded: the row tells the old name."""
    row = new(life.WithSlug, "red", slug="a")
    life.WithSlug(slug="a", image=picture("blue")).save()
    yield {row: "blue"}


@story
def a_changed_key_makes_a_copy():
    """A row whose own key is changed is a second row, with the same file."""
    row = new(life.WithSlug, "red", slug="a")
    moved = again(row)
    moved.slug = "b"
    moved.save()
    yield {row: "red", moved: "red"}
    row.delete()
    yield {moved: "red"}


@story
def rows_are_made_in_bulk():
    """`bulk_create()` sends no signal; its files are its rows', two uploads of one name, too."""
    rows = life.WithUUID.objects.bulk_create(
        [life.WithUUID(image=picture(color)) for color in ("red", "blue")]
    )
    for row in rows:
        render(row)
    yield dict(zip(rows, ("red", "blue"), strict=True))
    life.WithUUID.objects.all().delete()
    yield {}


# --- Clearing


@story
def image_delete_clears():
    """`image.delete()` empties the field and takes the variants along."""
    row = photo("red")
    row.image.delete()
    yield {}


@story
def image_delete_is_not_saved():
    """`image.delete(save=False)` without a save after it leaves the row, and so the file."""
    tell_only_if(OURS, "Django itself deletes the file at once")
    row = photo("red")
    row.image.delete(save=False)
    yield {again(row): "red"}
    row.save()
    yield {}


@story
def a_form_clears():
    """The checkbox of a form empties the field."""
    row = photo("red")
    form = PhotoForm({"title": "x", "image-clear": "on"}, {}, instance=again(row))
    form.save()
    yield {}


@story
def a_form_replaces():
    """The upload of a form takes the place of the old file."""
    row = photo("red")
    PhotoForm({"title": "x"}, {"image": picture("blue")}, instance=again(row)).save()
    yield {row: "blue"}


@story
def a_form_is_refused():
    """A form that is not valid has put its upload on the instance; the row keeps its file."""
    row = photo("red")
    form = PhotoForm({"title": "x" * 51}, {"image": picture("blue")}, instance=again(row))
    assert not form.is_valid()
    yield {row: "red"}


@story
def the_admin_clears():
    """The admin's checkbox empties the field, in the admin's transaction."""
    row = photo("red")
    with in_admin() as client:
        url = f"/admin/life/photo/{row.pk}/change/"
        assert client.post(url, {"title": "x", "image-clear": "on"}).status_code == 302
    yield {}


@story
def the_admin_deletes_what_is_selected():
    """The admin's action deletes a query set, and the files go after its transaction."""
    rows = [photo("red"), photo("green"), photo("blue")]
    with in_admin() as client:
        chosen = {"_selected_action": [row.pk for row in rows[:2]], "post": "yes"}
        client.post("/admin/life/photo/", {"action": "delete_selected", **chosen})
    yield {rows[2]: "blue"}


class in_admin(override_settings):  # noqa: N801
    """Give a client that is logged in as a superuser."""

    def __init__(self):
        super().__init__(ROOT_URLCONF=__name__)

    def __enter__(self):
        super().__enter__()
        client = Client()
        client.force_login(User.objects.create_superuser("admin"))
        return client


# --- Deleting


@story
def a_row_is_deleted():
    """A deleted row takes its file and its variants along."""
    row, other = photo("red"), photo("blue")
    row.delete()
    yield {other: "blue"}


@story
def a_query_set_is_deleted():
    """The files of all rows of a query set go, and no others."""
    rows = [photo("red"), photo("green"), photo("blue")]
    life.Photo.objects.filter(pk__in=[row.pk for row in rows[:2]]).delete()
    yield {rows[2]: "blue"}


@story
def a_cascade_deletes():
    """Rows that go because another row goes take their files along."""
    album, other = life.Album.objects.create(), life.Album.objects.create()
    new(life.Page, "red", album=album)
    new(life.Page, "green", album=album)
    page = new(life.Page, "blue", album=other)
    album.delete()
    yield {page: "blue"}


@story
def a_proxy_replaces_and_deletes():
    """Signals of a model are not sent for its proxies: they are followed by themselves."""
    row = photo("red")
    proxy = life.Proxy.objects.get(pk=row.pk)
    proxy.image = picture("blue")
    proxy.save()
    yield {row: "blue"}
    proxy.delete()
    yield {}


# --- Multi-table inheritance


def child():
    return life.Child.objects.create(image=picture("red"), detail=picture("blue"))


@story
def a_child_is_deleted_as_itself():
    """A child's row takes along the file in its own table and the one in its parent's."""
    child().delete()
    yield {}


@story
def a_child_is_deleted_as_its_parent():
    """A parent's row that is deleted takes the child's row along, and that one's file."""
    row = child()
    life.Photo.objects.get(pk=row.pk).delete()
    yield {}


@story
def a_child_is_deleted_and_its_parent_stays():
    """`keep_parents` deletes the child's row alone: the file in the parent's table is still named."""
    row = child()
    parent = life.Photo.objects.get(pk=row.pk)
    row.delete(keep_parents=True)
    yield {parent: "red"}


@story
def a_child_replaces_in_both_tables():
    """One save of a child writes two tables, and frees a file in each."""
    row = child()
    row.image, row.detail = picture("green"), picture("yellow")
    row.save()
    yield {row: "green", (row, "detail"): "yellow"}


@story
def a_parent_replaces_for_its_child():
    """A child's row is loaded as its parent, and replaced there."""
    row = child()
    life.Photo.objects.get(pk=row.pk).image.save("dog.png", picture("green"))
    yield {row: "green", (row, "detail"): "blue"}


@story
def a_child_shares_one_file_between_its_tables():
    """The child's own column and its parent's may name one file."""
    row = child()
    row.detail = row.image.name
    row.save()
    render(row)
    yield {row: "red", (row, "detail"): "red"}
    row.image = ""
    row.save()
    yield {(row, "detail"): "red"}


# --- Other models


@story
def an_unmanaged_model_replaces():
    """A second model over one table writes rows that the first one reads."""
    row = photo("red")
    life.Unmanaged.objects.get(pk=row.pk).image.save("dog.png", picture("blue"))
    yield {row: "blue"}


@story
def an_unmanaged_model_deletes():
    """A second model over one table deletes rows of the first."""
    row, other = photo("red"), photo("blue")
    life.Unmanaged.objects.get(pk=row.pk).delete()
    yield {other: "blue"}


@story
def one_source_has_several_managers():
    """What all managers derive from a source goes with it, each by its own convention."""
    row = new(life.Twofold, "red")
    row.image.save("dog.png", picture("blue"))
    yield {row: "blue"}
    row.delete()
    yield {}


@story
def variants_lie_elsewhere():
    """Variants in a storage of their own go with a source that lies in another."""
    row = new(life.Elsewhere, "red")
    row.image.save("dog.png", picture("blue"))
    yield {row: "blue"}
    row.delete()
    yield {}


@story
def a_plain_field_keeps_its_sources():
    """On Django's own field a source stays, as ever; what is derived from it goes."""
    row = new(life.Plain, "red")
    stays = {row.image.name: "red"} if OURS else [row.image.name]
    row.image.save("dog.png", picture("blue"))
    yield Moment({row: "blue"}, stays)
    stays = {**stays, row.image.name: "blue"} if OURS else [*stays, row.image.name]
    row.delete()
    yield Moment({}, stays)


# --- Instances that are not as fresh as their rows


@story
def a_deferred_instance_is_saved():
    """An instance that never loaded its image writes none, and frees none."""
    row = photo("red")
    deferred = life.Photo.objects.defer("image").get()
    deferred.title = "x"
    deferred.save()
    yield {row: "red"}


@story
def a_deferred_instance_replaces():
    """The old name is the row's, though the instance never loaded it."""
    row = photo("red")
    deferred = life.Photo.objects.defer("image").get()
    deferred.image = picture("blue")
    deferred.save()
    yield {row: "blue"}


@story
def a_deferred_instance_is_deleted():
    """A deferred name is read before the row goes: afterwards nobody knows it."""
    photo("red")
    life.Photo.objects.only("pk").get().delete()
    yield {}


@story
def a_deferred_query_set_is_deleted():
    """A query set that loads no image is deleted with all its files."""
    photo("red")
    other = new(life.WithUUID, "blue")
    life.Photo.objects.only("title").delete()
    yield {other: "blue"}


@story
def a_stale_instance_replaces():
    """What a stale instance replaces is the row's file of now, not the one it remembers."""
    row = photo("red")
    stale = again(row)
    row.image.save("dog.png", picture("green"))
    stale.image = picture("blue")
    stale.save()
    yield {row: "blue"}


@story
def a_stale_instance_is_deleted():
    """What a stale instance deletes is the row of now, and its file."""
    row = photo("red")
    stale = again(row)
    row.image.save("dog.png", picture("blue"))
    stale.delete()
    yield {}


@story
def a_stale_instance_clears():
    """`image.delete()` of a stale instance clears the row of now, and frees its file."""
    row = photo("red")
    stale = again(row)
    row.image.save("dog.png", picture("blue"))
    stale.image.delete()
    yield {}


@story
def a_stale_instance_saves_something_else():
    """A stale instance that writes another column leaves the newer file alone."""
    row = photo("red")
    stale = again(row)
    row.image.save("dog.png", picture("blue"))
    stale.save(update_fields=["title"])
    yield {row: "blue"}


@story
def a_stale_name_is_given_to_another_row():
    """A stale instance whose file moved to another row, and back to a third, deletes none of them."""
    row, other = photo("red"), photo("blue")
    stale = again(row)
    other.image, row.image = row.image.name, other.image.name
    other.save()
    row.save()
    stale.image.save("dog.png", picture("green"))
    yield {row: "green", other: "red"}


@story
def a_refreshed_instance_replaces():
    """An instance that was refreshed frees what its row names now."""
    row = photo("red")
    handle = again(row)
    row.image.save("dog.png", picture("green"))
    handle.refresh_from_db()
    handle.image = picture("blue")
    handle.save()
    yield {row: "blue"}


@story
def a_pickled_instance_replaces_and_is_deleted():
    """An instance that was pickled, as in a cache or a session, follows its row as before."""
    row = photo("red")
    pickle.loads(pickle.dumps(row)).image.save("dog.png", picture("blue"))  # noqa: S301
    yield {row: "blue"}
    pickle.loads(pickle.dumps(again(row))).delete()  # noqa: S301
    yield {}


# --- Where Django sends no signal


@story
def update_changes_a_name():
    """`update()` sends no signal: what it frees stays until an audit, and nothing else goes."""
    row, other = photo("red"), photo("blue")
    before = files_of(row)
    life.Photo.objects.filter(pk=row.pk).update(image=other.image.name)
    yield from swept({row: "blue", other: "blue"}, before)


@story
def bulk_update_changes_names():
    """`bulk_update()` sends no signal: what it frees stays until an audit."""
    row, other = photo("red"), photo("blue")
    before = files_of(row)
    row.image = other.image.name
    life.Photo.objects.bulk_update([row], ["image"])
    yield from swept({row: "blue", other: "blue"}, before)


@story
def raw_sql_deletes():
    """Statements of one's own are seen by nobody: the files stay until an audit."""
    row, other = photo("red"), photo("blue")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM life_photo WHERE id = %s", [row.pk])
    yield from swept({other: "blue"}, files_of(row))


@story
def a_fixture_is_loaded():
    """A fixture is written raw: what its rows named before stays until an audit."""
    row, other = photo("red"), photo("blue")
    before = files_of(row)
    row.image = other.image.name
    for loaded in serializers.deserialize("json", serializers.serialize("json", [row])):
        loaded.save()
    yield from swept({row: "blue", other: "blue"}, before)


@story
def a_file_is_replaced_behind_a_row():
    """An update behind the instance's back is seen by its next save, which frees that name."""
    row, other = photo("red"), photo("blue")
    name = default_storage.save("photos/by-hand.png", ContentFile(content("green")))
    before = files_of(row)
    life.Photo.objects.filter(pk=row.pk).update(image=name)
    row.image = other.image.name
    row.save()
    yield from swept({row: "blue", other: "blue"}, before)
