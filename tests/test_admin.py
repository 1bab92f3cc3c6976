"""The admin's own part: real GETs and POSTs."""

import pytest
from django.contrib import admin
from django.forms import CharField, ModelForm, Textarea
from django.urls import reverse

from derived_images.admin import ImageAdminMixin
from derived_images.forms import FocusField, FocusInput
from derived_images.naming import focus_in
from tests.pictures import picture
from tests.shop.models import Aimed, Photo

pytestmark = pytest.mark.django_db


@pytest.fixture
def row(committed):
    with committed():
        return Aimed.objects.create(title="Cat", image=picture(dimensions=(300, 200)))


def post(client, row, focus):
    url = reverse("admin:shop_aimed_change", args=[row.pk])
    return client.post(url, {"title": "Cat", "focus": focus, "image": ""})


def test_a_focal_point_is_pointed_at(row, admin_client):
    response = admin_client.get(reverse("admin:shop_aimed_change", args=[row.pk]))

    form = response.context["adminform"].form
    assert isinstance(form.fields["focus"], FocusField)
    assert form["focus"].field.widget.attrs["data-focus-picture"] == row.variants.lg.url
    assert "derived_images/focus.js" in response.content.decode()


def test_other_fields_are_let_be(admin_client):
    response = admin_client.get(reverse("admin:shop_photo_add"))

    assert type(response.context["adminform"].form.fields["title"]) is CharField
    assert "derived_images/focus.js" not in response.content.decode()
    assert not isinstance(admin.site.get_model_admin(Photo).media, FocusInput)


def test_what_a_form_of_the_projects_own_says_holds(row, rf):
    class Form(ModelForm):
        class Meta:
            labels = {"focus": "Where?"}
            help_texts = {"focus": "There."}
            widgets = {"focus": Textarea}

    own = type("Own", (ImageAdminMixin, admin.ModelAdmin), {"form": Form})(Aimed, admin.site)
    field = own.get_form(rf.get("/"), row).base_fields["focus"]

    assert isinstance(field, FocusField)
    assert isinstance(field.widget, Textarea)
    assert (field.label, field.help_text) == ("Where?", "There.")


def test_what_was_pointed_at_is_in_all_names(row, admin_client, committed, stored):
    with committed():
        assert post(admin_client, row, "30% 70%").status_code == 302

    row.refresh_from_db()
    assert (row.focus, focus_in(row.image.name)) == ("30% 70%", (0.3, 0.7))
    assert stored() == {row.image.name, *(each.name for each in row.variants.values())}


def test_what_is_no_point_is_refused_in_a_sentence(row, admin_client, committed, stored):
    before = stored()

    with committed():
        response = post(admin_client, row, "top left")

    assert response.status_code == 200
    assert response.context["adminform"].form.errors == {
        "focus": [
            "'top left' is no focal point: give how far it is from the left and from the top, "
            "like 30% 70%."
        ]
    }
    assert stored() == before
