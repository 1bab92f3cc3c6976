"""The models of the wing, and the one that a project may have in its stead."""

from django.core.management import call_command
from django.test.utils import isolate_apps

from derived_images.attachments.models import (
    AbstractImageAttachment,
    AbstractStoredImage,
    ImageAttachment,
)


def test_the_migrations_are_those_of_the_models(settings, db):
    settings.MIGRATION_MODULES = {}
    call_command("makemigrations", "derived_images_attachments", check=True, dry_run=True)


def test_a_site_has_images_of_its_own_with_an_owner(tell):
    tell("tests.attachments.own")


@isolate_apps("derived_images.attachments", "django.contrib.contenttypes", "django.contrib.auth")
def test_bases_serve_for_tables_of_ones_own():
    class Bytes(AbstractStoredImage):
        class Meta(AbstractStoredImage.Meta):
            app_label = "nowhere"

    class Hanging(AbstractImageAttachment):
        class Meta(AbstractImageAttachment.Meta):
            app_label = "nowhere"

    assert Bytes._meta.total_unique_constraints[0].name == "nowhere_bytes_once"
    names = {each.name for each in Hanging._meta.constraints}
    assert not names & {each.name for each in ImageAttachment._meta.constraints}
    remote = Hanging._meta.get_field("image").remote_field
    assert remote.related_name == "nowhere_hanging_set"
