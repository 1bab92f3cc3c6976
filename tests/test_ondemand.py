"""Rendering on demand: one renders, the others wait, and what fails is left alone for a while."""

import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.core.files import locks
from django.core.files.storage import default_storage

from derived_images import ondemand
from derived_images.lookup import find
from tests.pictures import picture
from tests.shop.models import Child, Photo, Plain

pytestmark = pytest.mark.django_db(databases=["default", "other"])


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Lock in a folder of the test's own, and remember nothing of other tests."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    ondemand._failed.clear()


def file_of(variant):
    return next(file for file in find(default_storage, variant.name) if file.rows)


@pytest.fixture
def photo():
    return Photo.objects.create(image=picture())


def test_a_variant_is_made(photo):
    assert ondemand.make(file_of(photo.variants.thumb))
    assert photo.variants.missing() == ["sm", "md", "lg"]


def test_what_is_there_is_not_made_again(photo, monkeypatch):
    photo.variants.render("thumb")
    monkeypatch.setattr(ondemand.tasks, "render", None)

    assert ondemand.make(file_of(photo.variants.thumb))


def test_what_fails_is_left_alone_for_a_while(photo, monkeypatch, caplog):
    Path(photo.image.path).write_bytes(b"no picture")
    file = file_of(photo.variants.thumb)

    assert [ondemand.make(file) for _ in range(3)] == [False] * 3
    assert len(caplog.records) == 1

    now = ondemand.time.monotonic()
    monkeypatch.setattr(ondemand.time, "monotonic", lambda: now + ondemand.RESPITE + 1)
    Path(photo.image.path).write_bytes(picture().read())
    assert ondemand.make(file)


def test_failures_are_remembered_in_bounded_memory(photo, monkeypatch):
    monkeypatch.setattr(ondemand, "MEMORY", 2)
    Path(photo.image.path).write_bytes(b"no picture")
    for variant in photo.variants.values():
        ondemand.make(file_of(variant))

    assert len(ondemand._failed) <= 2


def test_who_waits_too_long_goes_without(photo, monkeypatch):
    monkeypatch.setattr(ondemand, "PATIENCE", 0.0)
    file = file_of(photo.variants.thumb)
    with ondemand._turn(file.name) as is_ours:
        assert is_ours
        assert not ondemand.make(file)

    assert ondemand.make(file), "Waiting in vain is no failure."


def test_as_many_render_as_there_are_cores(monkeypatch):
    monkeypatch.setattr(ondemand, "PATIENCE", 0.0)
    monkeypatch.setattr(ondemand, "cores", lambda: 3)
    held = 0
    turns = []
    for number in range(100):
        turn = ondemand._turn(f"{number}.webp")
        held += turn.__enter__()
        turns.append(turn)
    for turn in turns:
        turn.__exit__(None, None, None)

    assert held == 3


def test_the_turn_of_one_that_died_is_free(monkeypatch):
    monkeypatch.setattr(ondemand, "PATIENCE", 0.0)
    monkeypatch.setattr(ondemand, "cores", lambda: 1)
    file = open(ondemand._folder() / "turn-0", "wb")  # noqa: SIM115
    locks.lock(file, locks.LOCK_EX)
    with ondemand._turn("a") as is_ours:
        assert not is_ours
    file.close()  # All that the system does for a process that ends.

    with ondemand._turn("a") as is_ours:
        assert is_ours


def test_a_folder_of_somebody_else_is_not_used(photo, monkeypatch, caplog):
    folder = ondemand._folder()
    monkeypatch.setattr(ondemand.os, "getuid", lambda: 12345)
    folder.rename(folder.with_name("derived-images-12345"))

    assert not ondemand.make(file_of(photo.variants.thumb))
    assert caplog.messages == [f"Cannot render {photo.variants.thumb.name!r}."]
    assert "belongs to somebody else" in caplog.text


def test_those_who_waited_for_a_failure_do_not_repeat_it(photo, monkeypatch):
    file = file_of(photo.variants.thumb)

    @contextmanager
    def turn_after_a_failure(name):
        ondemand._remember_failure(file)
        yield True

    monkeypatch.setattr(ondemand, "_turn", turn_after_a_failure)

    assert not ondemand.make(file)
    assert not photo.variants.thumb.exists()


def test_what_was_written_where_nobody_may_follow_is_not_made(photo, media, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (media / "photos").rename(tmp_path / "elsewhere" / "photos")
    (media / "photos").symlink_to(tmp_path / "elsewhere" / "photos")

    assert not ondemand.make(file_of(photo.variants.thumb))


def test_of_rows_that_share_a_source_the_child_has_its_variants(photo):
    child = Child.objects.create(image=photo.image.name)

    assert ondemand.make(file_of(child.variants.card))
    assert child.variants.card.exists()


def test_a_parent_has_no_variants_of_a_child_s(photo):
    child = Child(photo_ptr=photo)
    child.image = photo.image.name

    assert not ondemand.make(file_of(child.variants.card))


def test_threads_take_turns(photo, monkeypatch):
    rendered = []
    file = file_of(photo.variants.thumb)
    _ = file.rows

    def render(*args):
        rendered.append(args)
        photo.variants.thumb.storage.save(file.name, picture())
        return ondemand.tasks.Report(made=[None])

    monkeypatch.setattr(ondemand.tasks, "render", render)
    monkeypatch.setattr(ondemand.tasks, "managers_on", lambda row, field: [Photo.variants])
    with ThreadPoolExecutor(20) as threads:
        made = list(threads.map(lambda _: ondemand.make(file), range(20)))

    assert made == [True] * 20
    assert len(rendered) == 1


def test_plain_names_are_made_too():
    row = Plain.objects.create(image=default_storage.save("plain/cat.jpg", picture()))

    assert ondemand.make(file_of(row.variants.square))
