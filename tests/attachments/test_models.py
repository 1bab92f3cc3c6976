"""The models of the wing, and the one that a project may have in its stead."""

from django.core.management import call_command


def test_the_migrations_are_those_of_the_models(settings, db):
    settings.MIGRATION_MODULES = {}
    call_command("makemigrations", "derived_images_attachments", check=True, dry_run=True)
