"""What is wrong with the policy, the model of images, the names of fields, and limits."""

import os
import subprocess
import sys

import pytest
from django.contrib.contenttypes.fields import GenericRelation
from django.core.checks.registry import registry
from django.db import connection, models
from django.test.utils import isolate_apps

from derived_images.attachments import ImagesMixin
from derived_images.attachments.checks import (
    check_attachments,
    check_cascades,
    check_key,
    check_limit,
    check_names,
)
from tests.attachments.models import Company, Stranger
from tests.attachments.warehouse.models import Crate


def test_the_projects_is_fine():
    assert check_attachments(None) == []


def test_it_is_among_the_checks():
    assert check_attachments in registry.get_checks()


@pytest.mark.parametrize("path", ["nowhere.Policy", "tests.attachments.models.Stranger", None, 7])
def test_what_is_no_policy_is_told(settings, path):
    settings.DERIVED_IMAGES = {"POLICY": path}
    (message,) = check_attachments(None)

    assert message.id == "derived_images.E101"
    assert message.msg.startswith(f"DERIVED_IMAGES['POLICY'] is {path!r}, which is no policy: ")
    assert message.hint == (
        "Give it the dotted path of a subclass of derived_images.attachments.Policy."
    )


@pytest.mark.parametrize("model", ["nope", "nope.Nope", "own.Team"])
def test_what_is_no_model_of_images_is_told(model, tmp_path):
    site = {"DJANGO_SETTINGS_MODULE": "tests.attachments.own.settings", "SITE": str(tmp_path)}
    environment = os.environ | site | {"IMAGE_MODEL": model}
    check = [sys.executable, "-m", "django", "check"]
    run = subprocess.run(check, env=environment, capture_output=True, text=True)

    assert run.returncode == 1
    assert (
        f"(derived_images.E103) DERIVED_IMAGES_IMAGE_MODEL is {model!r}, which is no model of images."
    ) in run.stderr
    assert "HINT: Give it the app.Model of a subclass of AbstractImage" in run.stderr


@pytest.mark.parametrize("limit", [0, -1, "3", 1.5])
def test_a_limit_that_is_no_number_is_told(monkeypatch, limit):
    monkeypatch.setattr(Company, "images_limit", limit)
    (message,) = check_attachments(None)

    assert message.id == "derived_images.E104"
    assert message.msg == (
        f"images_limit of tests_attachments.Company is {limit!r}, which is no number of images."
    )
    assert message.obj is Company


def test_the_limit_of_a_model_without_images_is_its_own_business(monkeypatch):
    monkeypatch.setattr(Stranger, "images_limit", "few", raising=False)
    assert list(check_limit(Stranger)) == []


@isolate_apps("tests.attachments")
@pytest.mark.parametrize("length", [256, None])
def test_a_key_that_may_be_too_long_is_told(length):
    if length is None and not connection.features.supports_unlimited_charfield:
        pytest.skip("Here each text has a length.")

    class Page(ImagesMixin, models.Model):
        path = models.CharField(primary_key=True, max_length=length)

        class Meta:
            app_label = "nowhere"

    class Draft(ImagesMixin, models.Model):
        page = models.OneToOneField(Page, models.CASCADE, primary_key=True)

        class Meta:
            app_label = "nowhere"

    for model in (Page, Draft):
        (message,) = check_key(model)
        assert message.id == "derived_images.E105"
        assert (
            message.msg == f"A key of nowhere.{model.__name__} may be longer than 255 characters."
        )
        assert message.obj == Page._meta.pk


@pytest.mark.skipif(not hasattr(models, "DB_CASCADE"), reason="There is none in this Django.")
@isolate_apps("tests.attachments")
def test_rows_that_the_database_deletes_are_told():
    class Page(ImagesMixin, models.Model):
        part = models.ForeignKey("tests_attachments.Part", models.DB_CASCADE)

        class Meta:
            app_label = "nowhere"

    (message,) = check_cascades(Page)
    assert message.id == "derived_images.W106"
    assert message.msg == (
        "The database deletes these rows itself, and what is attached to them stays."
    )
    assert message.obj == Page._meta.get_field("part")


@isolate_apps("tests.attachments", "django.contrib.contenttypes")
def test_a_generic_relation_and_a_childs_field_may_hide_it_as_well():
    class Page(ImagesMixin, models.Model):
        images = GenericRelation("derived_images_attachments.ImageAttachment")

        class Meta:
            app_label = "nowhere"

    class Garage(Crate):
        cover = models.CharField(max_length=9)

        class Meta:
            app_label = "nowhere"

    assert [message.obj.name for message in check_names(Page)] == ["images"]
    assert [message.obj.name for message in check_names(Garage)] == ["cover"]


@isolate_apps("tests.attachments")
def test_a_field_that_hides_what_the_mixin_has_is_told():
    class Album(ImagesMixin, models.Model):
        cover = models.CharField(max_length=9)

        class Meta:
            app_label = "tests_attachments"

    class Page(models.Model):
        album = models.ForeignKey(Album, models.CASCADE, related_name="images")

        class Meta:
            app_label = "tests_attachments"

    messages = list(check_names(Album))
    assert {message.id for message in messages} == {"derived_images.E102"}
    assert [message.msg for message in messages] == [
        "'images' of tests_attachments.Album hides what ImagesMixin has of that name.",
        "'cover' of tests_attachments.Album hides what ImagesMixin has of that name.",
    ]
    assert messages[0].obj == Page._meta.get_field("album")
    assert messages[0].hint == (
        "Rename the field, whose column may stay (db_column), or its related_name."
    )
