"""The admin's own part: real GETs and POSTs."""

import re

import django
import pytest
from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import connection
from django.forms import CharField, ModelForm, Textarea
from django.test.utils import CaptureQueriesContext
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


class TestList:
    def visit(self, client):
        return client.get(reverse("admin:shop_aimed_changelist"))

    def test_it_shows_thumbnails_never_the_original(self, row, admin_client):
        html = self.visit(admin_client).content.decode()

        assert row.variants.lg.url in html
        assert row.image.url not in html

    def test_neither_queries_nor_the_storage_grow_with_it(
        self, row, admin_client, committed, monkeypatch
    ):
        def queries():
            with CaptureQueriesContext(connection) as found:
                assert self.visit(admin_client).status_code == 200
            return len(found)

        before = queries()
        for number in range(9):
            Aimed.objects.create(image=f"aimed/cat{number}_300x200_x7kq2mz9.jpg")
        Aimed.objects.create(title="None")
        for method in ("open", "exists", "size", "path"):
            monkeypatch.setattr(FileSystemStorage, method, None)
        assert queries() == before


class TestForm:
    def visit(self, client, row):
        return client.get(reverse("admin:shop_aimed_change", args=[row.pk]))

    def test_it_tells_of_all_variants(self, row, admin_client):
        row.variants.lg.delete()

        html = self.visit(admin_client, row).content.decode()

        for name, file in row.variants.items():
            assert (f'<a href="{file.url}">{name}</a>' in html) == (name != "lg")
        assert "32 × 21" in html
        assert html.count(">not rendered<") == 1

    def test_a_row_without_a_picture_has_none(self, admin_client):
        html = self.visit(admin_client, Aimed.objects.create()).content.decode()

        assert '<div class="readonly">–</div>' in html

    def test_it_stands_where_fieldsets_say_nothing_of_it(self, row, rf, admin_user):
        own = type(
            "Own",
            (ImageAdminMixin, admin.ModelAdmin),
            {"fieldsets": [(None, {"fields": ["title"]})]},
        )
        request = rf.get("/")
        request.user = admin_user

        shown = flatten_fieldsets(own(Aimed, admin.site).get_fieldsets(request, row))

        assert shown == ["title", "image_files"]

    def test_what_is_broken_is_said_and_can_be_replaced_and_cleared(
        self, row, admin_client, committed, stored
    ):
        default_storage.delete(row.image.name)

        html = self.visit(admin_client, row).content.decode()
        assert "The file is missing. Choose another one." in html
        url = reverse("admin:shop_aimed_change", args=[row.pk])
        with committed():
            assert admin_client.post(url, {"image": picture("dog.jpg")}).status_code == 302
        row.refresh_from_db()
        assert "dog" in row.image.name
        with committed():
            assert admin_client.post(url, {"image-clear": "on"}).status_code == 302
        assert stored() == set()

    def test_another_file_with_a_fault_elsewhere_shows_what_is_stored(
        self, row, admin_client, committed
    ):
        url = reverse("admin:shop_aimed_change", args=[row.pk])

        with committed():
            response = admin_client.post(url, {"image": picture("dog.jpg"), "focus": "nowhere"})

        assert response.status_code == 200
        html = response.content.decode()
        assert re.search(rf'<img[^>]* src="{re.escape(row.variants.lg.url)}"', html)


class TestRenderAgain:
    def run(self, client, *rows, where="changelist"):
        data = {"action": "render_again", "_selected_action": [row.pk for row in rows]}
        return client.post(reverse(f"admin:shop_aimed_{where}"), data, follow=True)

    def test_variants_are_made_again(self, row, admin_client, stored):
        before = stored()
        row.variants.delete()

        response = self.run(admin_client, row)

        assert stored() == before
        assert [str(each) for each in response.context["messages"]] == ["6 variants were made."]

    def test_what_cannot_be_made_is_told(self, row, admin_client):
        default_storage.delete(row.image.name)

        [message] = self.run(admin_client, row).context["messages"]

        assert str(message) == "6 variants could not be made; the log says why."
        assert message.level_tag == "error"

    def test_an_admin_without_actions_has_none(self):
        own = type("Own", (ImageAdminMixin, admin.ModelAdmin), {"actions": None})

        assert own(Aimed, admin.site).actions is None

    @pytest.mark.skipif(django.VERSION < (6, 1), reason="Forms have actions since Django 6.1.")
    def test_the_form_has_it_too(self, row, admin_client, stored):
        before = stored()
        row.variants.delete()
        url = reverse("admin:shop_aimed_change", args=[row.pk])
        assert "Render images again" in admin_client.get(url).content.decode()

        data = {"CHANGE_FORM-action": "render_again", "_selected_action": row.pk, "index": 0}
        admin_client.post(url, data)

        assert stored() == before
