"""What is wrong with the policy, and with the names of fields."""

import pytest
from django.core.checks.registry import registry
from django.db import models
from django.test.utils import isolate_apps

from derived_images.attachments import ImagesMixin
from derived_images.attachments.checks import check_attachments, check_names


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
