"""`manage.py audit_images`, as people and programs call it."""

import io
import json
import os
import time
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, default_storage
from django.core.management import CommandError, call_command
from django.db import connections

from derived_images.naming import allocate
from tests.conftest import without_table
from tests.pictures import picture
from tests.shop import models as shop

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "other"])


def run(*labels, **options):
    """Return the lines that the command prints."""
    output = io.StringIO()
    call_command("audit_images", *labels, stdout=output, **options)
    return output.getvalue().splitlines()


@pytest.fixture
def row():
    return shop.WithUUID.objects.create(image=picture())


@pytest.fixture
def orphan(media):
    """Store a file that our field named and no row names, two days ago."""
    name = allocate("uuid/lost.png", (60, 40), "png", lambda name: True)
    default_storage.save(name, ContentFile(b"12345"))
    os.utime(media / name, (time.time() - 2 * 86400,) * 2)
    return name


@pytest.fixture
def leftover(media):
    default_storage.save("uuid/0123.derived-images.tmp", ContentFile(b"123"))
    os.utime(media / "uuid/0123.derived-images.tmp", (time.time() - 2 * 86400,) * 2)
    return "uuid/0123.derived-images.tmp"


def test_it_tells_numbers_and_bytes(row, orphan, leftover):
    lines = {line[:14].strip(): line[14:] for line in run()}

    assert list(lines) == [
        *("in use", "missing", "unrendered", "clash", "orphaned", "leftover", "foreign")
    ]
    assert lines["in use"].split()[0] == "3"
    assert lines["orphaned"].replace("\xa0", " ").split("  ours")[0].split() == ["1", "5", "bytes"]
    assert lines["leftover"].replace("\xa0", " ").split()[:3] == ["1", "3", "bytes"]


def test_it_lists_what_is_not_in_use(row, orphan):
    row.variants.thumb.delete()
    listed = run(list=True)[:-7]

    assert listed == [
        f"unrendered    {row.variants.thumb.name}  (shop.WithUUID {row.pk})",
        f"orphaned      {orphan}  5\xa0bytes",
    ]


def test_programs_read_an_object_a_line(row, orphan, media):
    found, summary = map(json.loads, run(json=True, list=True))

    assert found == {
        "is": "orphaned",
        "storage": str(media),
        "name": orphan,
        "size": 5,
        "row": None,
    }
    assert summary["summary"]["in use"]["files"] == 3
    assert summary["summary"]["orphaned"] == {"files": 1, "bytes": 5}


def test_what_is_missing_is_an_error(row):
    default_storage.delete(row.image.name)

    with pytest.raises(CommandError, match=r"^Not all is well: missing: 1\.$") as error:
        run()
    assert error.value.returncode == 1


def test_it_deletes_what_it_is_asked_to(row, orphan, leftover, stored):
    before = stored()
    run()
    assert stored() == before
    assert run(delete_orphans=True)[-2:] == [
        f"deleted       {orphan}  5\xa0bytes",
        "orphaned: 1 deleted (5\xa0bytes)",
    ]
    assert stored() == before - {orphan}
    run(delete_leftovers=True)

    assert stored() == before - {orphan, leftover}


@pytest.mark.parametrize(
    ("age", "stays"), [(None, False), ("1d", False), ("47h", False), ("3d", True), ("1w", True)]
)
def test_what_is_young_stays(age, stays, orphan, stored):
    told = run(delete_orphans=True, older_than=age)[-1]

    assert (orphan in stored()) is stays
    assert told.endswith("; 1 younger than --older-than stay") is stays


def test_a_period_of_grace_is_waited_for(orphan, stored, settings):
    settings.DERIVED_IMAGES = {"GRACE": timedelta(days=3)}
    run(delete_orphans=True)

    assert orphan in stored()


def test_a_short_period_of_grace_leaves_imports_their_day(orphan, media, stored, settings):
    settings.DERIVED_IMAGES = {"GRACE": timedelta(minutes=5)}
    os.utime(media / orphan, (time.time() - 600,) * 2)
    run(delete_orphans=True)

    assert orphan in stored()


def test_it_shows_what_it_would_delete(orphan, leftover, stored):
    before = stored()
    lines = run(delete_orphans=True, delete_leftovers=True, dry_run=True)

    assert lines[-4:] == [
        f"would delete  {orphan}  5\xa0bytes",
        "orphaned: 1 would be deleted (5\xa0bytes)",
        f"would delete  {leftover}  3\xa0bytes",
        "leftover: 1 would be deleted (3\xa0bytes)",
    ]
    assert stored() == before


def test_programs_read_what_was_deleted(orphan):
    [*_, deleted, done] = map(json.loads, run(delete_orphans=True, json=True))

    assert (deleted["is"], deleted["name"]) == ("deleted", orphan)
    assert done == {
        "deletion": {
            "kind": "orphaned",
            "dry_run": False,
            "deleted": 1,
            "bytes": 5,
            "failed": 0,
            "younger": 0,
        }
    }


def test_one_file_that_cannot_be_deleted_stops_no_other(orphan, leftover, stored, monkeypatch):
    delete = FileSystemStorage.delete

    def refuse(storage, name):
        if name == orphan:
            raise PermissionError(name)
        delete(storage, name)

    monkeypatch.setattr(FileSystemStorage, "delete", refuse)
    with pytest.raises(CommandError, match=r"^Not all is well: not deleted: 1\.$"):
        run(delete_orphans=True, delete_leftovers=True)

    assert stored() == {orphan}


@pytest.mark.parametrize(
    ("labels", "options", "message"),
    [
        (["shop"], {}, "'shop' is no app.Model or app.Model.field: "),
        (["shop.Nothing"], {}, "'shop.Nothing' is no app.Model or app.Model.field: "),
        (["shop.Two.side"], {}, "Choices are: front, back."),
        (
            ["shop.Document"],
            {},
            "'shop.Document' has no image field with variants, or that cleans up.",
        ),
        ([], {"older_than": "soon"}, "'soon' is no age. Give a number and a unit: "),
        (
            [],
            {"include_unallocated": True},
            "--include-unallocated and --folder FOLDER go together",
        ),
        ([], {"folder": "uuid"}, "--include-unallocated and --folder FOLDER go together"),
    ],
)
def test_what_it_does_not_understand_it_refuses(labels, options, message, orphan, stored):
    with pytest.raises(CommandError) as error:
        run(*labels, delete_orphans=True, **options)

    assert message in str(error.value)
    assert orphan in stored()


@pytest.mark.parametrize(
    ("labels", "missing"),
    [
        (["shop.Two"], 2),
        (["shop.Two.front"], 1),
        (["shop.Two.front", "shop.Plain"], 2),
        (["shop.Child"], 1),
        (["shop.Proxy"], 1),
        ([], 4),
    ],
)
def test_labels_choose_the_fields(labels, missing):
    shop.Two.objects.create(front="two/a.png", back="two/b.png")
    shop.Plain.objects.create(image="plain/a.png")
    shop.Photo.objects.create(image="photos/a.png")

    with pytest.raises(CommandError, match=f"missing: {missing}"):
        run(*labels)


@pytest.mark.parametrize("folder", ["old", "old/", "/old/"])
def test_a_folder_from_before_the_library_can_be_cleared(folder, stored):
    for name in ("old/a.png", "older/a.png"):
        default_storage.save(name, ContentFile(b"x"))
    run(include_unallocated=True, folder=folder, delete_orphans=True, older_than="0s")

    assert stored() == {"older/a.png"}


def test_only_the_folder_is_cleared(orphan, stored):
    default_storage.save("old/a.png", ContentFile(b"x"))
    run(include_unallocated=True, folder="old", delete_orphans=True, older_than="0s")

    assert stored() == {orphan}


def test_a_folder_that_is_nowhere_is_an_error(orphan, stored):
    with pytest.raises(CommandError, match="no storage has files in 'uid/', seen from its top"):
        run(include_unallocated=True, folder="uid", delete_orphans=True)

    assert stored() == {orphan}


def fail(names):
    raise RuntimeError("no history today")


def test_what_cannot_tell_what_to_keep_ends_it(orphan, stored, settings):
    settings.DERIVED_IMAGES = {"KEEP": "tests.test_audit_images.fail"}
    with pytest.raises(
        CommandError, match=r"given up: DERIVED_IMAGES\['KEEP'\] failed: .*no history"
    ):
        run(delete_orphans=True)

    assert stored() == {orphan}


def test_without_a_table_nobody_knows_what_is_an_orphan(orphan, stored):
    with (
        without_table(shop.WithUUID, *connections),
        pytest.raises(CommandError, match="given up: no database has the table 'shop_withuuid'"),
    ):
        run(delete_orphans=True)

    assert stored() == {orphan}


def test_a_storage_that_cannot_be_listed_is_told_and_nothing_is_deleted(
    orphan, stored, monkeypatch
):
    def refuse(*args):
        raise PermissionError("no way")

    monkeypatch.setattr("os.scandir", refuse)
    with pytest.raises(CommandError, match=r"^The audit was given up: .* cannot be listed: no way"):
        run(delete_orphans=True)
    monkeypatch.undo()

    assert orphan in stored()


def test_progress_is_shown_on_a_terminal_only(row):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    terminal, file = Terminal(), io.StringIO()
    for stream in (terminal, file):
        call_command("audit_images", stdout=io.StringIO(), stderr=stream)

    assert "Listing" in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\033[K")
    assert file.getvalue() == ""


def test_help_has_examples(capsys):
    with pytest.raises(SystemExit):
        call_command("audit_images", "--help")

    assert "manage.py audit_images --delete-orphans --older-than 7d" in capsys.readouterr().out
