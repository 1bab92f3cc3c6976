"""Django's migrations: our field is Django's, and the manager is nothing at all."""

import sys

import pytest
from django.core.management import call_command
from django.db import models
from django.db.migrations import AlterField, CreateModel, Migration
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.graph import MigrationGraph
from django.db.migrations.questioner import NonInteractiveMigrationQuestioner
from django.db.migrations.state import ModelState, ProjectState
from django.db.migrations.writer import MigrationWriter

from derived_images import AutoCleanupImageField, DerivedImagesManager
from tests.neighbours.expected import files_of
from tests.pictures import picture


class OwnField(AutoCleanupImageField):
    """A subclass of a project's own."""


def state_of(**attributes):
    """Return the state of a project whose one model, `Post`, has these attributes."""
    meta = type("Meta", (), {"app_label": "blog", "apps": ProjectState().apps})
    post = type("Post", (models.Model,), {"__module__": __name__, "Meta": meta, **attributes})
    return ProjectState({("blog", "post"): ModelState.from_model(post)})


def changes(before, after):
    """Return the operations that `makemigrations` would write."""
    questioner = NonInteractiveMigrationQuestioner(specified_apps={"blog"})
    detected = MigrationAutodetector(before, after, questioner).changes(MigrationGraph())
    return [operation for each in detected.get("blog", []) for operation in each.operations]


def written(**attributes):
    """Return the source of the migration that creates `Post`."""
    migration = Migration("0001_initial", "blog")
    migration.operations = changes(ProjectState(), state_of(**attributes))
    return MigrationWriter(migration, include_header=False).as_string()


def test_a_manager_makes_no_change():
    before = state_of(image=models.ImageField())
    after = state_of(image=models.ImageField(), variants=DerivedImagesManager("image"))

    assert changes(before, after) == []


@pytest.mark.parametrize("index", [True, False])
def test_our_field_makes_no_change_where_the_index_is_the_same(index):
    before = state_of(image=models.ImageField(upload_to="a/", db_index=index))
    after = state_of(image=AutoCleanupImageField(upload_to="a/", db_index=index))

    assert changes(before, after) == []
    assert changes(after, before) == []


def test_our_field_brings_an_index_and_nothing_else():
    plain = models.ImageField(upload_to="a/")
    ours = AutoCleanupImageField(upload_to="a/")
    (operation,) = changes(state_of(image=plain), state_of(image=ours))

    assert isinstance(operation, AlterField)
    assert operation.field.deconstruct()[1:] == (
        "django.db.models.ImageField",
        [],
        {"upload_to": "a/", "db_index": True},
    )


@pytest.mark.parametrize("field_class", [AutoCleanupImageField, OwnField])
def test_an_index_declined_survives_every_state(field_class):
    state = state_of(image=field_class(db_index=False)).clone()
    (rendered,) = state.apps.get_models()

    assert state.models["blog", "post"].fields["image"].db_index is False
    assert rendered._meta.get_field("image").db_index is False
    assert changes(state, state_of(image=field_class(db_index=False))) == []


def test_a_written_migration_runs_without_the_library(monkeypatch):
    source = written(image=AutoCleanupImageField(), variants=DerivedImagesManager("image"))
    for module in [name for name in sys.modules if name.startswith("derived_images")]:
        monkeypatch.setitem(sys.modules, module, None)
    namespace = {}
    exec(source, namespace)  # noqa: S102
    (operation,) = namespace["Migration"].operations

    assert isinstance(operation, CreateModel)
    assert {name: type(field) for name, field in operation.fields} == {
        "id": models.BigAutoField,
        "image": models.ImageField,
    }


def test_a_subclass_keeps_its_own_path():
    source = written(image=OwnField(upload_to="a/"))

    assert f"{__name__}.OwnField(db_index=True, upload_to='a/')" in source


@pytest.mark.django_db
def test_makemigrations_writes_columns_only(model, capsys):
    call_command("makemigrations", "neighbours", dry_run=True, verbosity=3)
    output = capsys.readouterr().out

    assert f"name='{model.__name__}'" in output
    assert "derived_images" not in output
    assert "variants" not in output


@pytest.mark.django_db
@pytest.mark.parametrize("own_field", [False, True], ids=["as it is", "with a subclass"])
class TestHistoricalModels:
    @pytest.fixture
    def historical(self, model, own_field):
        """Return the model as a migration's `apps` knows it."""
        state = ModelState.from_model(model)
        if own_field:
            state.fields["image"] = OwnField(upload_to="own/", blank=True)
        models = {("neighbours", state.name_lower): state}
        return ProjectState(models).apps.get_model("neighbours", state.name)

    def test_they_have_no_variants(self, historical):
        assert not hasattr(historical, "variants")
        assert [field.name for field in historical._meta.get_fields()] == ["id", "title", "image"]

    def test_they_read_rows_and_move_no_files(self, historical, row, committed, stored):
        with committed():
            old = historical.objects.get()
            old.image = ""
            old.save()
            old.delete()

        assert not type(row).objects.exists()
        assert stored() == files_of(row)

    def test_they_store_uploads_and_render_nothing(self, historical, model, committed, stored):
        with committed():
            historical.objects.create(title="Dog", image=picture("dog.jpg"))
        row = model.objects.get()

        assert stored() == {row.image.name}
        assert row.variants.missing() == ["thumb", "square"]
