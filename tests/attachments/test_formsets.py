"""The form of a row's images, as the admin is sent it."""

import uuid
from urllib.parse import urlencode

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.datastructures import MultiValueDict

from derived_images.attachments import Policy
from derived_images.attachments.admin import ImagesInline
from derived_images.attachments.models import Image, ImageAttachment
from tests.attachments.editing import errors, post, prefix_of, titles
from tests.attachments.models import (
    Badge,
    Company,
    Part,
    PartProxy,
    Place,
    Restaurant,
    Shelf,
)
from tests.pictures import picture

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "row",
    [
        lambda: Part.objects.create(name="a"),
        lambda: Company.objects.create(name="a"),
        lambda: Place.objects.create(name="a", slug="a_b"),
        lambda: Restaurant.objects.create(name="a", slug="a"),
    ],
    ids=["number", "UUID", "text", "child"],
)
def test_several_are_added_at_once(row, admin_client, admin_user):
    row = row()
    files = [picture(f"{color}.jpg", color=color) for color in ("red", "lime", "blue")]

    response = post(admin_client, row, files=files)

    assert response.status_code == 302
    assert titles(row) == ["red.jpg", "lime.jpg", "blue.jpg"]
    assert str(row.cover) == "red.jpg"
    assert {each.image.creator for each in row.images.all()} == {admin_user}


def test_a_row_is_made_with_images(admin_client):
    url = reverse("admin:tests_attachments_part_add")
    prefix = admin_client.get(url).context["inline_admin_formsets"][0].formset.prefix
    data = {f"{prefix}-TOTAL_FORMS": 0, f"{prefix}-INITIAL_FORMS": 0, "name": "new"}

    response = admin_client.post(url, data | {f"{prefix}-files": [picture()]})

    assert response.status_code == 302
    assert titles(Part.objects.get(name="new")) == ["cat.jpg"]


def test_order_cover_and_texts_are_changed(three, part, admin_client):
    values = {"0__place": 3, "1__place": 1, "2__place": 2, "1__custom_title": "Green"}

    response = post(admin_client, part, attachments=three, cover=2, **values)

    assert response.status_code == 302
    assert titles(part) == ["Green", "blue.jpg", "red.jpg"]
    assert str(part.cover) == "blue.jpg"


@pytest.mark.parametrize(
    ("places", "order"),
    [
        ((3, 2, 3), ["lime.jpg", "blue.jpg", "red.jpg"]),
        ((1, 2, 1), ["blue.jpg", "red.jpg", "lime.jpg"]),
        ((1, 1, 3), ["lime.jpg", "red.jpg", "blue.jpg"]),
        (("", "", 1), ["blue.jpg", "red.jpg", "lime.jpg"]),
    ],
)
def test_one_number_is_enough_to_move_one(places, order, three, part, admin_client):
    values = {f"{number}__place": place for number, place in enumerate(places)}

    post(admin_client, part, attachments=three, **values)

    assert titles(part) == order


def test_what_somebody_else_has_removed_is_passed_over(three, part, admin_client):
    gone = three[0].pk
    three[0].delete()
    three[0].pk = gone

    response = post(
        admin_client, part, attachments=three, **{"0__DELETE": "on", "1__custom_title": "Green"}
    )

    assert response.status_code == 302
    assert titles(part) == ["Green", "blue.jpg"]


def test_the_limit_counts_what_is_there_by_now(admin_client):
    shelf = Shelf.objects.create()
    for n in range(3):
        shelf.attach(picture(f"{n}.jpg", color=(n, 0, 0)))

    response = post(admin_client, shelf, files=[picture("late.jpg", color="red")])

    assert errors(response) == [f"{shelf} may have 3 images at most. Remove some, or add fewer."]


def test_the_history_tells_what_was_changed(three, part, admin_client):
    places = {f"{number}__place": number + 1 for number in range(3)}
    post(admin_client, part, attachments=three, cover=1, **places)

    assert LogEntry.objects.get().get_change_message() == (
        "Changed cover for image on a row “lime.jpg”."
    )


def test_one_is_removed_and_another_is_replaced(three, part, admin_client):
    values = {"0__DELETE": "on", "1__file": picture("new.jpg", color="gold")}

    response = post(admin_client, part, attachments=three, **values)

    assert response.status_code == 302
    assert titles(part) == ["new.jpg", "blue.jpg"]
    assert str(part.cover) == "new.jpg"


def test_what_is_there_already_is_chosen_by_its_number(three, part, admin_client):
    other = Part.objects.create(name="nut")

    post(admin_client, other, picked=f"{three[2].image_id}, {three[0].image_id}")

    assert titles(other) == ["blue.jpg", "red.jpg"]


def test_nothing_changes_where_something_is_wrong(three, part, admin_client, stored):
    before = stored()
    letter = picture("letter.jpg")
    letter.file.seek(0)
    letter.file.truncate()
    letter.file.write(b"no picture")
    letter.size = 10

    response = post(
        admin_client, part, attachments=three, files=[picture("new.jpg"), letter], picked="99999"
    )

    assert response.status_code == 200
    said = errors(response)
    assert said[0].startswith("letter.jpg: This file is no picture in one of these formats")
    assert said[1] == "There is no image 99999 here."
    assert titles(part) == ["red.jpg", "lime.jpg", "blue.jpg"]
    assert stored() == before


def test_the_limit_is_told(admin_client):
    shelf = Shelf.objects.create()
    shelf.attach(picture("one.jpg"))

    def files():
        return [picture(f"{n}.jpg", color=(n, 0, 0)) for n in range(3)]

    response = post(admin_client, shelf, attachments=shelf.images.all(), files=files())
    assert errors(response) == [f"{shelf} may have 3 images at most. Remove some, or add fewer."]
    assert titles(shelf) == ["one.jpg"]

    post(admin_client, shelf, attachments=shelf.images.all(), files=files(), **{"0__DELETE": "on"})
    assert titles(shelf) == ["0.jpg", "1.jpg", "2.jpg"]


@pytest.mark.parametrize("how", ["file", "number"])
def test_where_one_is_allowed_another_takes_its_place(how, three, admin_client):
    badge = Badge.objects.create()
    badge.attach(picture("one.jpg"))
    new = {
        "file": {"files": [picture("two.jpg", color="gold")]},
        "number": {"picked": f"#{three[0].image_id}"},
    }

    # With a text for the one that goes, and its radio button, as a page sends it.
    values = {"0__custom_title": "One", **new[how]}
    response = post(admin_client, badge, attachments=badge.images.all(), **values)

    assert response.status_code == 302
    assert titles(badge) == [{"file": "two.jpg", "number": "red.jpg"}[how]]
    assert badge.cover is not None


def test_images_of_other_libraries_are_not_there(owners, admin_client):
    parts = [Part.objects.create(name=str(each), organization=each) for each in owners]
    attachment = parts[0].attach(picture())

    response = post(admin_client, parts[1], picked=attachment.image_id, organization=owners[1].pk)

    assert errors(response) == [f"There is no image {attachment.image_id} here."]


class TestNewOnes:
    """Forms of images that are not on the row yet, as script makes them."""

    def post(self, client, row, forms, attachments=(), **values):
        first = len(attachments)
        for number, form in enumerate(forms, first):
            values |= {f"{number}__{name}": value for name, value in form.items()}
        values["TOTAL_FORMS"] = first + len(forms)
        return post(client, row, attachments=attachments, **values)

    def test_they_have_places_a_cover_and_texts_before_they_are_saved(
        self, three, part, admin_client
    ):
        other = Part.objects.create(name="nut")
        other.attach(three[0])
        forms = [
            {"place": 3, "file": picture("new.jpg", color="gold"), "custom_title": "New"},
            {"place": 1, "number": three[2].image_id, "custom_alt_text": "Blue"},
            {},
        ]

        response = self.post(
            admin_client, other, forms, other.images.all(), cover=1, **{"0__place": 2}
        )

        assert response.status_code == 302
        assert titles(other) == ["blue.jpg", "red.jpg", "New"]
        assert [each.is_cover for each in other.images.all()] == [None, None, True]
        assert other.images.first().alt_text == "Blue"
        assert (three[2].image.alt_text, other.cover.image.title) == ("", "")

    def test_one_that_is_there_already_stays(self, three, part, admin_client):
        forms = [{"number": three[0].image_id, "place": 4}]

        assert self.post(admin_client, part, forms, three).status_code == 302
        assert titles(part) == ["red.jpg", "lime.jpg", "blue.jpg"]

    def test_a_place_and_texts_alone_are_nothing(self, part, admin_client):
        forms = [{"place": 1, "custom_title": "Nothing"}]

        assert self.post(admin_client, part, forms).status_code == 302
        assert titles(part) == []

    @pytest.mark.parametrize("number", ["99999", "x", "9" * 30])
    def test_what_is_no_image_is_told(self, number, part, admin_client):
        response = self.post(admin_client, part, [{"number": number}])

        assert errors(response) == [f"There is no image {number} here."]
        assert titles(part) == []

    def test_nothing_is_lost_when_something_is_wrong(self, three, part, admin_client):
        other = Part.objects.create(name="nut")
        forms = [
            {"place": 3, "number": three[0].image_id},
            {"place": 1, "number": three[1].image_id, "custom_title": "Green"},
            {"place": 2, "file": picture("new.jpg", color="gold")},
        ]

        response = self.post(admin_client, other, forms, cover=0, picked="99999")

        shown = response.context["inline_admin_formsets"][0].formset.shown
        assert [form.title for form in shown] == ["Green", "new.jpg", "red.jpg"]
        assert shown[0]["custom_title"].value() == "Green"
        html = response.content.decode()
        assert "Choose new.jpg again: it was not kept." in html
        assert three[1].image.variants.thumb.url in html

    def test_they_count_for_the_limit(self, admin_client, three):
        shelf = Shelf.objects.create()
        forms = [{"number": each.image_id} for each in three]

        response = self.post(admin_client, shelf, forms, picked=three[0].image_id)
        assert response.status_code == 302
        response = self.post(admin_client, shelf, [{"file": picture("d.jpg", color="gold")}])
        assert errors(response) == [
            f"{shelf} may have 3 images at most. Remove some, or add fewer."
        ]


class TestWhatWasNotSent:
    def test_stays_as_it_is(self, three, part, admin_client):
        """Pages with script leave out what nobody touched, or else they had too many fields."""
        three[0].custom_title, three[0].custom_alt_text = "Red", "A red one"
        three[0].save()

        post(admin_client, part, attachments=three, **{"0__custom_title": "Scarlet"})

        assert titles(part) == ["Scarlet", "lime.jpg", "blue.jpg"]
        assert part.images.first().alt_text == "A red one"

    def test_a_row_of_many_images_is_saved(self, part, admin_client):
        """Of what nobody touched neither fields nor queries are made."""
        first = part.attach(picture())
        stored, content_type = first.image.stored, first.content_type
        Image.objects.bulk_create(Image(stored=stored, name=f"{n}.jpg") for n in range(600))
        ImageAttachment.objects.bulk_create(
            ImageAttachment(image=image, content_type=content_type, object_int=part.pk, order=n)
            for n, image in enumerate(Image.objects.exclude(pk=first.image_id), 1)
        )
        attachments = [*part.images.all()]

        with CaptureQueriesContext(connection) as found:
            response = post(admin_client, part, attachments=attachments, **{"9__place": 1})

        assert response.status_code == 302
        assert part.images.first() == attachments[9]
        assert len(found) < 60

    def test_a_blank_text_is_sent(self, three, part, admin_client):
        three[0].custom_title = "Red"
        three[0].save()

        post(admin_client, part, attachments=three, **{"0__custom_title": ""})

        assert titles(part)[0] == "red.jpg"

    @pytest.mark.parametrize("change", [{"1__custom_title": "Lost"}, {"cover": 1}])
    def test_what_was_said_of_one_that_has_gone_is_not_lost_without_a_word(
        self, change, three, part, admin_client
    ):
        gone = three[1].pk
        three[1].delete()
        three[1].pk = gone

        response = post(admin_client, part, attachments=three, **change)

        assert errors(response) == [
            "Somebody else has removed an image that you changed. Save again without it."
        ]
        shown = response.context["inline_admin_formsets"][0].formset.shown
        assert [form.title for form in shown] == ["red.jpg", "blue.jpg"]

    def test_without_a_cover_there_is_none(self, three, part, admin_client):
        post(admin_client, part, attachments=three)
        assert part.cover is not None
        post(admin_client, part, attachments=three, cover="")
        assert part.cover is None


class TestOddForms:
    def test_what_is_replaced_and_chosen_again_is_no_error(
        self, three, part, admin_client, settings
    ):
        settings.DERIVED_IMAGES |= {"POLICY": "tests.attachments.policies.Discarding"}
        values = {"1__file": picture("new.jpg", color="gold"), "picked": three[1].image_id}

        assert post(admin_client, part, attachments=three, **values).status_code == 302
        assert titles(part) == ["red.jpg", "new.jpg", "blue.jpg"]

    def test_what_is_removed_and_chosen_again_stays(self, three, part, admin_client, settings):
        settings.DERIVED_IMAGES |= {"POLICY": "tests.attachments.policies.Discarding"}
        values = {"1__DELETE": "on", "picked": three[1].image_id}

        assert post(admin_client, part, attachments=three, **values).status_code == 302
        assert titles(part) == ["red.jpg", "lime.jpg", "blue.jpg"]

    def test_two_forms_of_one_image_are_one(self, three, part, admin_client):
        forms = [three[0], three[0]]

        response = post(admin_client, part, attachments=forms, cover=None, **{"0__DELETE": "on"})

        assert response.status_code == 302
        assert titles(part) == ["lime.jpg", "blue.jpg"]

    def test_what_was_not_sent_can_be_changed_after_a_fault(self, three, part, admin_client):
        response = post(
            admin_client, part, attachments=three, picked="9999", **{"1__custom_title": "Green"}
        )

        html = response.content.decode()
        assert " disabled" not in html[html.index("images-list") : html.index("images-add")]
        shown = response.context["inline_admin_formsets"][0].formset.shown
        assert [form["place"].value() for form in shown] == ["1", "2", "3"]

    def test_without_a_word_of_it_the_cover_stays(self, three, part, admin_client):
        """As where the one that was chosen has been left out again."""
        url, prefix = prefix_of(admin_client, part)
        data = {f"{prefix}-TOTAL_FORMS": 3, f"{prefix}-INITIAL_FORMS": 3, "name": "bolt"}
        data |= {f"{prefix}-{n}-id": each.pk for n, each in enumerate(three)}
        data |= {f"{prefix}-cover_before": f"{prefix}-0", f"{prefix}-1-custom_title": "Green"}

        admin_client.post(url, data)
        assert str(part.cover) == "red.jpg"

        three[0].delete()  # And the next is the cover.
        response = admin_client.post(url, data | {f"{prefix}-picked": "9999"})
        formset = response.context["inline_admin_formsets"][0].formset
        assert formset.cover == formset.cover_before == f"{prefix}-1"

    def test_one_text_is_changed_and_no_other(self, three, part, rf, admin_user):
        data = {"x-TOTAL_FORMS": 1, "x-INITIAL_FORMS": 1, "x-0-id": three[0].pk}
        formset = self.formset(rf, admin_user, part, data | {"x-0-custom_title": "Red"})
        assert len(formset.forms) == 1  # Read before the row is locked.
        part.images.filter(pk=three[0].pk).update(custom_alt_text="Another's")

        assert formset.is_valid()
        formset.save()

        first = part.images.first()
        assert (first.title, first.alt_text) == ("Red", "Another's")

    @pytest.mark.parametrize("is_made", [True, False])
    def test_what_is_deleted_meanwhile_is_told(self, is_made, three, rf, admin_user):
        row = Part.objects.create() if is_made else Part()
        data = {"x-TOTAL_FORMS": 0, "x-INITIAL_FORMS": 0, "x-picked": str(three[0].image_id)}
        formset = self.formset(rf, admin_user, row, data)
        assert formset.chosen
        three[0].image.delete()

        assert not formset.is_valid()
        assert formset.non_form_errors() == [f"There is no image {three[0].image_id} here."]

    def test_a_huge_place_is_refused(self, three, part, admin_client):
        response = post(admin_client, part, attachments=three, **{"0__place": "9" * 400})

        assert response.status_code == 200

    def formset(self, rf, user, row, data):
        request = rf.get("/")
        request.user = user
        own = ImagesInline(Part, admin.site).get_formset(request, row if row.pk else None)
        return own(QueryDict(urlencode(data)), MultiValueDict(), instance=row, prefix="x")

    def test_another_fault_makes_no_limit(self, admin_client):
        shelf = Shelf.objects.create()
        for n in range(3):
            shelf.attach(picture(f"{n}.jpg", color=(n, 0, 0)))
        values = {"0__DELETE": "on", "1__custom_title": "x" * 256}

        response = post(
            admin_client,
            shelf,
            attachments=shelf.images.all(),
            files=[picture("d.jpg", color="gold")],
            **values,
        )

        assert errors(response) == []

    def test_a_cover_that_nobody_touched_stays_as_another_has_set_it(
        self, three, part, admin_client
    ):
        before = [*part.images.all()]
        part.set_cover(three[2])

        post(admin_client, part, attachments=before, **{"1__custom_title": "Green"})

        assert str(part.cover) == "blue.jpg"

    @pytest.mark.parametrize("button", ["_save", "_saveasnew"])
    def test_what_is_no_form_is_an_error(self, button, part, admin_client):
        url, prefix = prefix_of(admin_client, part)
        data = {f"{prefix}-TOTAL_FORMS": "x", f"{prefix}-INITIAL_FORMS": "x", "name": "bolt"}

        assert admin_client.post(url, data | {button: "1"}).status_code in (200, 302)
        assert titles(part) == []

    def test_a_least_number_of_forms_loses_no_upload(self, part, rf, admin_user):
        inline = type("Own", (ImagesInline,), {"min_num": 1})(Part, admin.site)
        request = rf.get("/")
        request.user = admin_user
        data = {"x-TOTAL_FORMS": 1, "x-INITIAL_FORMS": 0, "x-0-custom_title": "New"}
        files = MultiValueDict({"x-0-file": [picture()]})

        formset = inline.get_formset(request, part)(data, files, instance=part, prefix="x")

        assert formset.is_valid()
        formset.save()
        assert titles(part) == ["New"]

    def test_files_of_one_request_are_held_to_the_policys_limits(
        self, part, admin_client, monkeypatch
    ):
        monkeypatch.setattr(Policy, "max_files", 1)
        monkeypatch.setattr(Policy, "max_total", 10)

        response = post(admin_client, part, files=[picture("a.jpg"), picture("b.jpg")])

        assert errors(response) == ["A request may have 1 files, and this one has 2."]
        response = post(admin_client, part, files=[picture("a.jpg")])
        assert errors(response) == ["A request may have 10\xa0bytes, and this one has more."]


class TestSaveAsNew:
    def save(self, client, row, attachments, **values):
        return post(client, row, attachments=attachments, _saveasnew="1", **values)

    def test_it_takes_the_images_along(self, three, part, admin_client):
        """Each file is stored once."""
        three[1].custom_title = "Green"
        three[1].save()
        values = {"0__place": 3, "1__place": 1, "2__place": 2}

        self.save(admin_client, part, three, cover=2, **values)

        new = Part.objects.exclude(pk=part.pk).get()
        assert titles(new) == ["Green", "blue.jpg", "red.jpg"]
        assert str(new.cover) == "blue.jpg"
        assert {each.image for each in new.images.all()} == {each.image for each in three}
        assert titles(part) == ["red.jpg", "Green", "blue.jpg"]

    def test_another_file_and_what_is_removed_are_heeded(self, three, part, admin_client):
        values = {"0__DELETE": "on", "1__file": picture("new.jpg", color="gold")}

        self.save(admin_client, part, three, **values)

        assert titles(Part.objects.exclude(pk=part.pk).get()) == ["new.jpg", "blue.jpg"]
        assert titles(part) == ["red.jpg", "lime.jpg", "blue.jpg"]

    def test_it_takes_them_along_where_there_are_owners(self, owners, admin_client):
        part = PartProxy.objects.create(name="bolt", organization=owners[0])
        part.attach(picture())

        self.save(admin_client, part, part.images.all(), _own_organization=owners[0].pk)

        new = PartProxy.objects.exclude(pk=part.pk).get()
        assert [each.image for each in new.images.all()] == [part.cover.image]

    def test_others_texts_are_none_of_its_business(self, owners, admin_client, settings):
        settings.DERIVED_IMAGES |= {"POLICY": "tests.attachments.policies.HidingFirst"}
        hidden, seen = (PartProxy.objects.create(organization=each) for each in owners)
        secret = hidden.attach(picture())
        secret.custom_title = "TOP SECRET"
        secret.save()

        own = seen.attach(picture()).image
        values = {"0__number": own.pk, "picked": "9999", "_own_organization": owners[1].pk}
        response = self.save(admin_client, seen, [secret], **values)

        assert errors(response) == ["There is no image 9999 here."]
        assert "TOP SECRET" not in response.content.decode()


class TestMakingRows:
    @pytest.mark.parametrize("model", [Part, Company, Place])
    def test_who_may_add_rows_may_add_their_images(self, model, client_of):
        name = model._meta.model_name
        client = client_of("editor", f"add_{name}", "add_image")
        url = reverse(f"admin:tests_attachments_{name}_add")
        response = client.get(url)
        formset = response.context["inline_admin_formsets"][0].formset
        assert f'name="{formset.prefix}-files"' in response.content.decode()

        data = {f"{formset.prefix}-TOTAL_FORMS": 0, f"{formset.prefix}-INITIAL_FORMS": 0}
        data |= {"name": "new", "slug": "new", "id": uuid.uuid4()}
        data[f"{formset.prefix}-files"] = [picture()]
        assert client.post(url, data).status_code == 302
        assert titles(model.objects.get()) == ["cat.jpg"]

    @pytest.mark.parametrize("model", [Part, Company, Place])
    def test_whose_they_will_be_is_no_matter(self, model, client_of, settings):
        """Before the form is filled in the policy cannot tell."""
        settings.DERIVED_IMAGES |= {"POLICY": "tests.attachments.policies.OfTheirOrganization"}
        name = model._meta.model_name
        client = client_of("editor", f"add_{name}", "add_image")

        response = client.get(reverse(f"admin:tests_attachments_{name}_add"))

        prefix = response.context["inline_admin_formsets"][0].formset.prefix
        assert f'name="{prefix}-files"' in response.content.decode()

    def test_a_form_that_is_not_filled_in_tells_so(self, owners, client_of, settings):
        settings.DERIVED_IMAGES |= {"POLICY": "tests.attachments.policies.OfTheirOrganization"}
        client = client_of("editor", "add_partproxy", "add_image")
        url = reverse("admin:tests_attachments_partproxy_add")
        prefix = client.get(url).context["inline_admin_formsets"][0].formset.prefix
        data = {f"{prefix}-TOTAL_FORMS": 0, f"{prefix}-INITIAL_FORMS": 0}

        response = client.post(url, data | {f"{prefix}-files": [picture()], "organization": "x"})

        assert response.status_code == 200
        assert "organization" in response.context["adminform"].form.errors
        assert "Choose these files again, they were not kept: cat.jpg" in response.content.decode()
