"""Images in the admin: real GETs and POSTs; what browsers add is told in tests/browser."""

import re

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.core.files.storage import FileSystemStorage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from derived_images.attachments import Policy
from derived_images.attachments.admin import ImagesInline
from derived_images.attachments.models import Image, StoredImage
from tests.attachments.editing import LIBRARY, errors, post, prefix_of, titles
from tests.attachments.models import (
    Badge,
    Logo,
    Part,
    Stranger,
)
from tests.pictures import picture

pytestmark = pytest.mark.django_db


def test_who_may_only_look_changes_nothing(three, part, client, django_user_model, settings):
    """Whatever they send."""
    settings.DERIVED_IMAGES |= {"POLICY": "tests.attachments.policies.LookOnly"}
    user = django_user_model.objects.create_user("editor", password="x", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="change_part"))
    client.force_login(user)

    response = client.get(prefix_of(client, part)[0])
    html = response.content.decode()
    assert "-place" not in html
    assert "-files" not in html

    values = {"0__DELETE": "on", "1__custom_title": "Hacked"}
    post(client, part, attachments=three, files=[picture("forged.jpg")], cover=1, **values)
    assert titles(part) == ["red.jpg", "lime.jpg", "blue.jpg"]
    assert str(part.cover) == "red.jpg"


class TestWhoMay:
    def test_upload_is_a_permission_of_its_own(self, three, part, client_of):
        client = client_of("editor", "change_part")

        html = client.get(prefix_of(client, part)[0]).content.decode()
        assert 'type="file"' not in html
        assert f'href="{LIBRARY}' not in html  # Nor may they look at it.
        response = post(client, part, files=[picture("new.jpg", color="gold")])
        assert errors(response) == ["You may not do this to the images of bolt."]
        post(client, part, attachments=three, **{"0__custom_title": "Red"})
        assert titles(part) == ["Red", "lime.jpg", "blue.jpg"]

    def test_of_a_new_row_it_is_asked_when_it_is_made(
        self, client_of, settings, stored, django_capture_on_commit_callbacks
    ):
        """Nobody knows before whose it will be."""
        settings.DERIVED_IMAGES |= {"POLICY": "tests.attachments.policies.LookOnly"}
        client = client_of("editor", "add_part", "add_image")
        url = reverse("admin:tests_attachments_part_add")
        prefix = client.get(url).context["inline_admin_formsets"][0].formset.prefix
        data = {f"{prefix}-TOTAL_FORMS": 0, f"{prefix}-INITIAL_FORMS": 0, "name": "new"}

        response = client.post(url, data | {f"{prefix}-files": [picture()]})

        assert errors(response) == ["You may not do this to the images of new."]
        assert not Part.objects.exists()
        assert stored() == set()

    def test_a_row_that_changes_hands_is_asked_as_it_will_be(self, owners, client_of, settings):
        settings.DERIVED_IMAGES |= {"POLICY": "tests.attachments.policies.OfNamesakes"}
        part = Part.objects.create(name="bolt", organization=owners[0])
        cover = part.attach(picture())
        client = client_of("Acme", "change_partproxy")
        url = f"/admin/tests_attachments/partproxy/{part.pk}/change/"
        prefix = client.get(url).context["inline_admin_formsets"][0].formset.prefix
        data = {f"{prefix}-TOTAL_FORMS": 1, f"{prefix}-INITIAL_FORMS": 1}
        data |= {f"{prefix}-0-id": cover.pk, f"{prefix}-cover": ""}
        data[f"{prefix}-cover_before"] = f"{prefix}-0"

        response = client.post(url, data | {"organization": owners[1].pk})
        assert errors(response) == ["You may not do this to the images of bolt."]
        assert client.post(url, data | {"organization": owners[0].pk}).status_code == 302
        assert part.cover is None

    def test_what_can_be_said_of_saved_rows_alone_is_asked_then(self, client_of, settings, stored):
        settings.DERIVED_IMAGES |= {"POLICY": "tests.attachments.policies.OfSavedRows"}
        client = client_of("editor", "add_part", "add_image")
        url = reverse("admin:tests_attachments_part_add")
        prefix = "derived_images_attachments-imageattachment-content_type-object_int"
        data = {f"{prefix}-TOTAL_FORMS": 0, f"{prefix}-INITIAL_FORMS": 0, "name": "new"}

        response = client.post(url, data | {f"{prefix}-files": [picture()]})

        assert response.status_code == 403
        assert not Part.objects.exists()
        assert stored() == set()

    def test_a_row_that_nobody_sees_is_not_changed(self, owners, client_of, settings):
        settings.DERIVED_IMAGES |= {"POLICY": "tests.attachments.policies.HidingFirst"}
        part = Part.objects.create(name="bolt")
        attachment = part.attach(picture())
        client = client_of("editor", "change_part", "add_image")
        url = reverse("admin:tests_attachments_part_change", args=[part.pk])
        assert "cat.jpg" not in client.get(url).content.decode()
        prefix = "derived_images_attachments-imageattachment-content_type-object_int"
        data = {f"{prefix}-TOTAL_FORMS": 1, f"{prefix}-INITIAL_FORMS": 1, "name": "bolt"}

        client.post(url, data | {f"{prefix}-0-id": attachment.pk, f"{prefix}-0-DELETE": "on"})

        assert titles(part) == ["cat.jpg"]

    @pytest.mark.parametrize("hidden", ["visible_images", "visible_attachments"])
    def test_images_that_nobody_sees_are_neither_shown_nor_changed(
        self, hidden, three, part, admin_client, monkeypatch
    ):
        monkeypatch.setattr(Policy, hidden, lambda self, user, rows: rows.none())

        html = admin_client.get(prefix_of(admin_client, part)[0]).content.decode()
        assert "red.jpg" not in html
        post(admin_client, part, attachments=three, **{"0__DELETE": "on"})
        assert titles(part) == ["red.jpg", "lime.jpg", "blue.jpg"]

    @pytest.mark.parametrize(("own", "status"), [("Acme", 302), ("Bolts", 403)])
    def test_who_a_row_belongs_to_may_be_said_when_it_is_saved(
        self, own, status, owners, client_of, settings, stored
    ):
        settings.DERIVED_IMAGES |= {"POLICY": "tests.attachments.policies.OfNamesakes"}
        client = client_of(own, "add_part", "add_image")
        url = "/admin/tests_attachments/part/add/?owner=Acme"
        prefix = client.get(url).context["inline_admin_formsets"][0].formset.prefix
        data = {f"{prefix}-TOTAL_FORMS": 0, f"{prefix}-INITIAL_FORMS": 0}

        response = client.post(url, data | {f"{prefix}-files": [picture()]})

        assert response.status_code == status
        assert [*Image.objects.values_list("stored__owner_key")] == (
            [(f"tests_attachments.organization:{owners[0].pk}",)] if status == 302 else []
        )

    def test_files_are_held_to_the_policys_limits(self, part, admin_client, monkeypatch):
        monkeypatch.setattr(Policy, "max_side", 50)

        response = post(admin_client, part, files=[picture(dimensions=(60, 40))])

        assert errors(response) == [
            "cat.jpg: A side may have 50 pixels, and this image is 60 × 40."
        ]


class TestInline:
    def test_what_a_browser_cannot_show_says_so(self, three, part, admin_client):
        """Of the broken a script knows; what is no picture is known here."""
        StoredImage.objects.filter(pk=three[0].image.stored_id).update(width=None, height=None)

        html = admin_client.get(prefix_of(admin_client, part)[0]).content.decode()

        assert html.count("This is no picture that can be shown.") == 1
        assert len(re.findall('<img[^>]* data-broken="This cannot be shown: it is', html)) == 2

    def test_neither_queries_nor_storages_grow_with_it(self, part, admin_client, monkeypatch):
        def queries():
            with CaptureQueriesContext(connection) as found:
                assert admin_client.get(url).status_code == 200
            return len(found)

        part.attach(picture("0.jpg"))
        url, _ = prefix_of(admin_client, part)
        before = queries()
        for n in range(1, 10):
            part.attach(picture(f"{n}.jpg", color=(n, 0, 0)))
        for method in ("open", "exists", "size", "path"):
            monkeypatch.setattr(FileSystemStorage, method, None)
        assert queries() == before

    def test_where_one_is_allowed_one_is_chosen(self, part, admin_client):
        badge = Badge.objects.create()

        assert " multiple" in admin_client.get(prefix_of(admin_client, part)[0]).content.decode()
        assert " multiple" not in (
            admin_client.get(prefix_of(admin_client, badge)[0]).content.decode()
        )

    def test_of_a_model_without_images_a_check_tells(self):
        own = type("Own", (admin.ModelAdmin,), {"inlines": [ImagesInline]})

        [error] = own(Stranger, admin.site).check()

        assert error.id == "derived_images.E106"
        assert error.msg == (
            "ImagesInline is an inline of tests_attachments.Stranger, which has no images."
        )

    def test_it_knows_the_library_of_its_own_admin(self, part, admin_user, rf):
        request = rf.get("/")
        request.user = admin_user
        site = admin.AdminSite("backstage")

        formset = ImagesInline(Part, site).get_formset(request, part)

        # No site of that name has addresses; the default one has them.
        assert formset.choices == (f"{LIBRARY}choices/?model=tests_attachments.part&row={part.pk}")
        assert ImagesInline(Part, site).get_formset(request).upload == (
            f"{LIBRARY}upload/?model=tests_attachments.part"
        )

    def test_whose_a_new_row_will_be_nobody_knows(self, owners, admin_user, rf):
        request = rf.get("/")
        request.user = admin_user

        formset = ImagesInline(Part, admin.site).get_formset(request)

        assert (formset.choices, formset.upload) == ("", "")


class TestUpload:
    def upload(self, client, row, file, **values):
        address = f"{LIBRARY}upload/?model={row._meta.label_lower}"
        address += "" if row.pk is None else f"&row={row.pk}"
        return client.post(address, {"file": file} if file else {})

    def test_a_file_is_in_the_library_before_the_form_is_saved(
        self, part, admin_client, admin_user
    ):
        response = self.upload(admin_client, part, picture("new.jpg"))

        image = Image.objects.get()
        assert response.json() == {
            "number": str(image.pk),
            "title": "new.jpg",
            "thumbnail": image.thumbnail_url,
        }
        assert image.creator == admin_user
        assert not part.images.exists()

    def test_it_is_the_owner_of_the_rows(self, parts, admin_client):
        self.upload(admin_client, parts[1], picture("new.jpg"))

        assert Image.objects.get(name="new.jpg").owner == parts[1].organization

    def test_where_there_are_no_owners_the_row_may_come_later(self, db, admin_client):
        assert self.upload(admin_client, Part(), picture()).status_code == 200

    def test_where_there_are_it_may_not(self, owners, admin_client):
        assert self.upload(admin_client, Part(), picture()).status_code == 404

    def test_what_is_no_picture_is_refused(self, part, admin_client, stored):
        letter = SimpleUploadedFile("letter.jpg", b"Dear all")

        response = self.upload(admin_client, part, letter)

        assert response.status_code == 400
        [told] = response.json()["errors"]
        assert told.startswith("This file is no picture in one of these formats")
        assert self.upload(admin_client, part, None).json() == {"errors": ["There is no file."]}
        assert stored() == set()

    def test_it_is_held_to_the_policys_limits(self, part, admin_client, monkeypatch):
        monkeypatch.setattr(Policy, "max_bytes", 10)

        response = self.upload(admin_client, part, picture())

        assert response.json() == {
            "errors": ["A file may have 10\xa0bytes, and this one has more."]
        }

    def test_who_may_not_is_refused(self, parts, client, django_user_model):
        user = django_user_model.objects.create_user("Acme", is_staff=True, password="x")
        client.force_login(user)
        django_user_model.objects.filter(pk=user.pk).update(is_staff=False)

        assert self.upload(client, parts[0], picture()).status_code == 302  # To log in.
        assert not Image.objects.filter(name="cat.jpg").exists()

    def test_it_is_posted(self, part, admin_client):
        address = f"{LIBRARY}upload/?model=tests_attachments.part&row={part.pk}"

        assert admin_client.get(address).status_code == 405


class TestLibrary:
    def test_those_that_are_used_most_come_first(self, three, part, admin_client):
        other = Part.objects.create(name="nut")
        other.attach(three[2])
        three[0].delete()

        response = admin_client.get(LIBRARY)

        shown = [(str(each), each.uses) for each in response.context["cl"].result_list]
        assert shown == [("blue.jpg", 2), ("lime.jpg", 1), ("red.jpg", 0)]

    @pytest.mark.parametrize(
        ("used", "found"), [("no", ["red.jpg"]), ("yes", ["blue.jpg", "lime.jpg"])]
    )
    def test_orphans_are_found(self, used, found, three, admin_client):
        three[0].delete()

        response = admin_client.get(LIBRARY, {"used": used})

        assert sorted(map(str, response.context["cl"].result_list)) == found

    def test_it_is_searched(self, three, admin_client):
        response = admin_client.get(LIBRARY, {"q": "lim"})

        assert list(map(str, response.context["cl"].result_list)) == ["lime.jpg"]

    def test_it_says_who_uses_one(self, three, part, admin_client):
        response = admin_client.get(f"{LIBRARY}{three[0].image_id}/change/")

        assert (
            f'<a href="/admin/tests_attachments/part/{part.pk}/change/">bolt</a>'
            in response.content.decode()
        )

    def test_queries_do_not_grow(self, part, admin_client):
        def queries():
            with CaptureQueriesContext(connection) as found:
                assert admin_client.get(LIBRARY).status_code == 200
            return len(found)

        part.attach(picture("0.jpg"))
        queries()
        before = queries()
        for n in range(1, 10):
            part.attach(picture(f"{n}.jpg", color=(n, 0, 0)))
        assert queries() == before

    def test_it_answers_what_may_be_chosen(self, three, part, admin_client):
        response = admin_client.get(
            f"{LIBRARY}choices/", {"model": "tests_attachments.part", "row": part.pk, "q": "blue"}
        )

        assert response.json() == {
            "images": [
                {
                    "number": str(three[2].image_id),
                    "title": "blue.jpg",
                    "thumbnail": three[2].image.thumbnail_url,
                }
            ],
            "count": 1,
        }

    @pytest.mark.parametrize(
        "row", [("tests_attachments.part", "0"), ("auth.user", "1"), ("x", "y"), ("", "")]
    )
    def test_of_no_row_there_is_nothing_to_choose(self, row, admin_client):
        data = dict(zip(("model", "row"), row, strict=True))

        assert admin_client.get(f"{LIBRARY}choices/", data).status_code == 404

    @pytest.fixture
    def hidden(self, owners, settings):
        """Return an image that is on two rows, the first of which nobody sees."""
        settings.DERIVED_IMAGES |= {"POLICY": "tests.attachments.policies.HidingFirst"}
        rows = [Part.objects.create(name=name, organization=owners[0]) for name in ("a", "b")]
        image = rows[0].attach(picture()).image
        rows[0].images.update(custom_title="TOP SECRET")
        rows[1].attach(image)
        return image

    def test_rows_that_the_user_does_not_see_are_not_named(self, hidden, admin_client, monkeypatch):
        monkeypatch.setattr("derived_images.attachments.admin.USERS", 1)
        first, second = (each.object_id for each in hidden.attachments.order_by("pk"))

        html = admin_client.get(f"{LIBRARY}{hidden.pk}/change/").content.decode()
        assert f"/admin/tests_attachments/part/{second}/" in html
        assert f"/admin/tests_attachments/part/{first}/" not in html
        assert "and more" not in html

        html = admin_client.get(f"{LIBRARY}{hidden.pk}/delete/").content.decode()
        assert "TOP SECRET" not in html
        hidden.attachments.order_by("pk").last().delete()
        html = admin_client.get(f"{LIBRARY}{hidden.pk}/change/").content.decode()
        assert "Something that you don't see uses it." in html

    def test_of_many_rows_the_first_are_named(self, three, part, admin_client, monkeypatch):
        monkeypatch.setattr("derived_images.attachments.admin.USERS", 1)
        Part.objects.create(name="nut").attach(three[0])

        html = admin_client.get(f"{LIBRARY}{three[0].image_id}/change/").content.decode()

        assert ">bolt</a>" in html
        assert ">nut</a>" not in html
        assert "and more" in html

    def test_what_else_names_an_image_is_told(self, part, admin_client):
        image = part.attach(picture()).image
        part.images.all().delete()
        logo = Logo.objects.create(image=image)

        html = admin_client.get(f"{LIBRARY}{image.pk}/change/").content.decode()
        assert f'href="/admin/tests_attachments/logo/{logo.pk}/change/"' in html
        [found] = admin_client.get(LIBRARY, {"used": "yes"}).context["cl"].result_list
        assert (found, found.uses) == (image, 1)
        logo.delete()
        html = admin_client.get(f"{LIBRARY}{image.pk}/change/").content.decode()
        assert "Nothing uses it." in html

    def test_its_order_is_that_of_the_most_used(self, three, admin_client):
        """The heading says so, too."""
        html = admin_client.get(LIBRARY).content.decode()

        assert re.search(r'class="sortable column-uses sorted descending"', html)

    def test_variants_are_told_of_and_made_again(self, three, admin_client, stored, settings):
        settings.DERIVED_IMAGES |= {"PROCESSOR": "none"}
        image = three[0].image
        html = admin_client.get(f"{LIBRARY}{image.pk}/change/").content.decode()
        assert html.count(">not rendered<") == len(image.variants)

        data = {"action": "render_again", "_selected_action": [image.pk]}
        response = admin_client.post(LIBRARY, data, follow=True)

        assert [str(each) for each in response.context["messages"]] == ["4 variants were made."]
        assert {each.name for each in image.variants.values()} <= stored()

    def test_what_the_user_may_not_change_is_not_rendered(self, three, admin_client, settings):
        settings.DERIVED_IMAGES |= {"POLICY": "tests.attachments.policies.LookOnly"}
        data = {"action": "render_again", "_selected_action": [three[0].image_id]}

        response = admin_client.post(LIBRARY, data, follow=True)

        assert [str(each) for each in response.context["messages"]] == ["1 row may not be changed."]
