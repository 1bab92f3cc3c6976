"""Django's admin: real POSTs, and the files that follow."""

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from tests.neighbours.expected import NO_IMAGE, files_of, left_of
from tests.pictures import picture


@pytest.fixture
def page(model, admin_client):
    """Return the function that posts to, or gets, one of the model's pages."""

    def request(name, *keys, method="post", **data):
        url = reverse(f"admin:neighbours_{model._meta.model_name}_{name}", args=keys)
        return getattr(admin_client, method)(url, data)

    return request


def test_the_list_shows_thumbnails_and_rows_without_image(row, page):
    type(row).objects.create(title="No image")
    response = page("changelist", method="get")

    assert response.context["cl"].result_count == 2
    assert response.content.decode().count("<img ") == 1
    assert f'<img src="{row.variants.thumb.url}" alt="">' in response.content.decode()


def test_the_form_has_the_models_fields_only(row, page):
    response = page("change", row.pk, method="get")

    assert list(response.context["adminform"].form.fields) == ["title", "image"]
    assert f'<a href="{row.image.url}">' in response.content.decode()


def test_an_added_upload_is_rendered_after_commit(model, page, committed, stored):
    with committed():
        assert page("add", title="Cat", image=picture()).status_code == 302
        assert len(stored()) == 1
    row = model.objects.get()

    assert row.variants.missing() == []
    assert stored() == files_of(row)


def test_what_is_no_image_is_refused_and_not_stored(model, page, committed, stored):
    with committed():
        response = page("add", title="Cat", image=SimpleUploadedFile("cat.jpg", b"no picture"))

    assert response.context["errors"] == [[NO_IMAGE]]
    assert not model.objects.exists()
    assert stored() == set()


def test_a_change_without_a_file_keeps_the_files(row, page, committed, stored):
    before = stored()
    with committed():
        assert page("change", row.pk, title="Tom").status_code == 302
    row.refresh_from_db()

    assert row.title == "Tom"
    assert stored() == before == files_of(row)


def test_a_replaced_file_goes_after_commit(row, page, committed, stored):
    left = left_of(row)
    with committed():
        assert page("change", row.pk, title="Dog", image=picture("dog.jpg")).status_code == 302
        assert files_of(row) < stored()
    row.refresh_from_db()

    assert row.variants.missing() == []
    assert stored() == files_of(row) | left


def test_a_cleared_file_goes_after_commit(row, page, committed, stored):
    with committed():
        page("change", row.pk, title="Cat", **{"image-clear": "on"})
        assert stored() == files_of(row)

    assert type(row).objects.get().image == ""
    assert stored() == left_of(row)


def test_a_deleted_row_takes_its_files_along(row, page, committed, stored):
    with committed():
        assert page("delete", row.pk, post="yes").status_code == 302
        assert stored() == files_of(row)

    assert not type(row).objects.exists()
    assert stored() == left_of(row)


def test_the_question_before_a_delete_deletes_nothing(row, page, committed, stored):
    with committed():
        response = page("delete", row.pk)

    assert response.context["perms_lacking"] == set()
    assert stored() == files_of(row)


def test_the_bulk_action_deletes_the_files_of_its_rows_only(row, page, committed, stored):
    with committed():
        others = [type(row).objects.create(title="Dog", image=picture()) for _ in range(2)]
    with committed():
        chosen = [other.pk for other in others]
        page("changelist", action="delete_selected", post="yes", **{ACTION_CHECKBOX_NAME: chosen})

    assert type(row).objects.get() == row
    assert row.variants.missing() == []
    assert stored() == files_of(row).union(*map(left_of, others))


def test_the_history_of_a_row_is_shown(row, page):
    page("change", row.pk, title="Tom", image=picture("dog.jpg"))
    response = page("history", row.pk, method="get")

    assert [str(entry) for entry in response.context["action_list"]] == [
        "Changed “Tom” — Changed Title and Image."
    ]
