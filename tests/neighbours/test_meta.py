"""Django's model layer: `_meta`, construction, validation and queries know no manager."""

import pytest
from django.apps import apps
from django.core import checks
from django.core.exceptions import FieldError, ValidationError
from django.db import connection

from tests.pictures import picture

FIELDS = ["id", "title", "image"]


def test_the_manager_is_nowhere_in_meta(model):
    meta = model._meta

    assert [field.name for field in meta.get_fields(include_hidden=True)] == FIELDS
    assert meta.private_fields == []
    assert [manager.name for manager in meta.managers] == ["objects"]


def test_no_system_check_complains():
    messages = checks.run_checks(app_configs=[apps.get_app_config("neighbours")])
    # MariaDB has no index for the text column that simple-history makes of an ImageField.
    told = [each for each in messages if each.level > checks.INFO and each.id != "fields.W162"]

    assert told == []


def test_it_is_no_keyword_of_the_model(model):
    with pytest.raises(TypeError, match=r"^\w+\(\) got unexpected keyword arguments: 'variants'$"):
        model(variants={})


@pytest.mark.django_db
class TestTable:
    def test_it_has_no_column_for_variants(self, model):
        with connection.cursor() as cursor:
            columns = connection.introspection.get_table_description(cursor, model._meta.db_table)

        assert [column.name for column in columns] == FIELDS

    def test_queries_know_no_variants(self, row):
        assert list(type(row).objects.values().get()) == FIELDS
        with pytest.raises(
            FieldError,
            match=r"^Cannot resolve keyword 'variants' into field\. Choices are: id, image, title$",
        ):
            type(row).objects.filter(variants="thumb")


@pytest.mark.django_db
class TestFullClean:
    def test_an_upload_is_clean_and_not_stored_by_it(self, model, stored):
        model(title="Cat", image=picture()).full_clean()

        assert stored() == set()

    def test_a_row_with_files_stays_clean_and_keeps_them(self, row, committed, stored):
        before = stored()
        with committed():
            row.full_clean()

        assert row.variants.missing() == []
        assert stored() == before

    def test_only_fields_have_errors(self, model):
        with pytest.raises(ValidationError) as error:
            model().full_clean()

        assert error.value.message_dict == {"title": ["This field cannot be blank."]}
