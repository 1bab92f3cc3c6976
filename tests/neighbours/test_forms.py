"""Django's forms: create, refuse, replace and clear, with all files in their wake."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.forms import modelform_factory
from django.forms.models import model_to_dict

from tests.neighbours.expected import NO_IMAGE, files_of, left_of
from tests.pictures import picture

pytestmark = pytest.mark.django_db


def form_for(model, row=None, title="Cat", image=None, **data):
    """Return a bound form with every field of the model."""
    form_class = modelform_factory(model, fields="__all__")
    return form_class({"title": title, **data}, {"image": image}, instance=row)


def test_it_has_the_models_fields_only(row):
    assert list(form_for(type(row)).fields) == ["title", "image"]
    assert list(model_to_dict(row)) == ["id", "title", "image"]


def test_an_upload_is_rendered_after_commit(model, committed, stored):
    with committed():
        row = form_for(model, image=picture()).save()
        assert row.variants.missing() == ["thumb", "square"]

    assert row.variants.missing() == []
    assert stored() == files_of(row)


def test_an_upload_saved_later_is_rendered_too(model, committed, stored):
    with committed():
        row = form_for(model, image=picture()).save(commit=False)
        assert stored() == set()
        row.save()

    assert row.variants.missing() == []


def test_what_is_no_image_is_refused_and_not_stored(model, committed, stored):
    form = form_for(model, image=SimpleUploadedFile("cat.jpg", b"no picture"))

    assert form.errors == {"image": [NO_IMAGE]}
    assert not model.objects.exists()
    assert stored() == set()


def test_a_refused_replacement_costs_nothing(row, committed, stored):
    with committed():
        form = form_for(type(row), row, image=SimpleUploadedFile("cat.jpg", b"no picture"))
        assert not form.is_valid()

    row.refresh_from_db()
    assert row.variants.missing() == []
    assert stored() == files_of(row)


def test_a_refused_form_still_shows_the_image_that_is_there(row):
    url = row.image.url
    form = form_for(type(row), row, title="", image=picture("dog.jpg"))

    assert form.errors == {"title": ["This field is required."]}
    assert f'<a href="{url}">' in form.as_p()
    assert not row.variants


def test_a_replaced_file_goes_after_commit(row, committed, stored):
    old, left = files_of(row), left_of(row)
    with committed():
        form_for(type(row), row, image=picture("dog.png", format="PNG")).save()
        assert old < stored()

    assert row.variants.missing() == []
    assert stored() == files_of(row) | left


def test_a_cleared_file_goes_after_commit(row, committed, stored):
    old, left = files_of(row), left_of(row)
    with committed():
        form_for(type(row), row, **{"image-clear": "on"}).save()
        assert stored() == old

    assert type(row).objects.get().image == ""
    assert stored() == left


def test_clear_together_with_an_upload_is_refused(row, stored):
    form = form_for(type(row), row, image=picture(), **{"image-clear": "on"})

    assert form.errors == {
        "image": ["Please either submit a file or check the clear checkbox, not both."]
    }
    assert stored() == files_of(row)


def test_a_form_without_a_file_changes_the_title_only(row, committed, stored):
    before, source = stored(), row.image.name
    with committed():
        form_for(type(row), row, title="Tom").save()

    assert type(row).objects.values_list("title", "image").get() == ("Tom", source)
    assert stored() == before
