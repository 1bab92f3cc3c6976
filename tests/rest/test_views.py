"""The views: what each answers to whom."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.exceptions import NotFound

from derived_images.attachments.models import Image, ImageAttachment, StoredImage
from derived_images.rest.serializers import AttachmentSerializer, ImageSerializer
from tests.attachments.models import Badge, Part, Shelf, Shop
from tests.attachments.policies import OfMembers
from tests.pictures import picture

pytestmark = pytest.mark.django_db


TEXT = {AttachmentSerializer: "custom_title", ImageSerializer: "title"}


class WithoutUploads(OfMembers):
    def may_upload(self, user, owner):
        return False


LIBRARY = "/orgs/Acme/images/"


def of_row(part):
    return f"{LIBRARY}tests_attachments/part/{part.pk}/"


def titles(response):
    return [each["image"]["title"] for each in response.json()["results"]]


def orders(part):
    return [each.image.title for each in part.images.with_images()]


def text(name="notes.jpg"):
    return SimpleUploadedFile(name, b"Lorem ipsum", "image/jpeg")


class TestLibrary:
    def test_an_image_is_uploaded(self, acme, members):
        response = acme.post(LIBRARY, {"file": picture(), "title": "Cat"})
        image = Image.objects.get()

        assert response.status_code == 201
        assert response.json() == {
            "id": image.pk,
            "url": image.url,
            "variants": image.variants.urls(),
            "name": "cat.jpg",
            "title": "Cat",
            "alt_text": "",
            "description": "",
            "width": 60,
            "height": 40,
            "size": image.stored.size,
            "creator": image.creator_id,
            "created": response.json()["created"],
            "updated": response.json()["updated"],
        }
        assert list(image.variants.urls()) == ["original", "thumb", "sm", "md", "lg"]
        assert image.owner == members[0]
        assert image.creator.username == "Acme"

    def test_one_sees_ones_own(self, acme, parts):
        response = acme.get(LIBRARY)
        assert response.json()["count"] == 3
        assert {each["id"] for each in response.json()["results"]} == {
            each.image_id for each in parts[0].images.all()
        }
        assert acme.get("/api/library/").json()["count"] == 3

    def test_pages_search_and_order(self, acme, parts):
        assert len(acme.get(LIBRARY, {"limit": 2}).json()["results"]) == 2
        found = acme.get(LIBRARY, {"search": "lime"}).json()["results"]
        assert [each["title"] for each in found] == ["Lime"]
        found = acme.get(LIBRARY, {"ordering": "title"}).json()["results"]
        assert [each["title"] for each in found] == ["Blue", "Lime", "Red"]

    def test_texts_are_changed(self, acme, part):
        image = part.cover.image
        response = acme.patch(f"{LIBRARY}{image.pk}/", {"alt_text": "A bolt."})
        assert response.status_code == 200
        assert response.json()["alt_text"] == part.cover.alt_text == "A bolt."
        response = acme.patch(f"{LIBRARY}{image.pk}/", {"file": picture()})
        assert response.json()["detail"] == "file: An image keeps its bytes: upload another one."

    def test_one_is_deleted(self, acme, part):
        image = part.cover.image
        assert acme.delete(f"{LIBRARY}{image.pk}/").status_code == 204
        assert orders(part) == ["Lime", "Blue"]
        assert part.cover.title == "Lime"
        assert acme.delete(f"{LIBRARY}{image.pk}/").status_code == 404

    def test_many_are_uploaded_each_with_its_answer(self, acme):
        files = [picture("a.jpg"), text(), picture("b.jpg", color="blue")]
        response = acme.post(f"{LIBRARY}bulk_upload/", {"files": files})

        assert response.status_code == 207
        results = response.json()["results"]
        assert [each["name"] for each in results] == ["a.jpg", "notes.jpg", "b.jpg"]
        assert ["image" in each for each in results] == [True, False, True]
        assert results[1]["detail"].startswith("This file is no picture in one of these formats")
        assert Image.objects.count() == 2

    def test_one_without_a_name_does_not_cost_the_others(self, acme):
        nameless = (
            b'--x\r\nContent-Disposition: form-data; name="files"\r\n\r\nLorem\r\n--x\r\n'
            b'Content-Disposition: form-data; name="files"; filename="a.jpg"\r\n\r\n'
            + picture().read()
            + b"\r\n--x--\r\n"
        )
        response = acme.generic(
            "POST", f"{LIBRARY}bulk_upload/", nameless, "multipart/form-data; boundary=x"
        )
        assert response.status_code in (201, 207)
        assert Image.objects.count() == 1

    def test_of_many_none_may_be_an_image(self, acme, stored):
        response = acme.post(f"{LIBRARY}bulk_upload/", {"files": [text()]})
        assert response.status_code == 400
        assert response.json()["detail"] == "None of these files could be stored."
        assert not stored()

    def test_many_are_deleted_and_again(self, acme, parts):
        own = [each.image_id for each in parts[0].images.all()]
        other = parts[1].cover.image_id
        for deleted in ([own[0], own[1]], []):
            response = acme.post(
                f"{LIBRARY}bulk_delete/", {"ids": [own[0], own[1], other, 987654321]}, format="json"
            )
            assert response.status_code == 200
            assert sorted(response.json()["deleted"]) == deleted
        assert Image.objects.count() == 4


class TestImagesOfRow:
    def test_they_are_listed_in_order(self, acme, part):
        response = acme.get(of_row(part))
        assert titles(response) == ["Red", "Lime", "Blue"]
        first = response.json()["results"][0]
        assert list(first) == [
            "id",
            "image",
            "is_cover",
            "order",
            "title",
            "alt_text",
            "description",
            "custom_title",
            "custom_alt_text",
            "custom_description",
            "content_type",
            "object_id",
        ]
        assert first["is_cover"] is True
        assert (first["content_type"], first["object_id"]) == (
            "tests_attachments.part",
            str(part.pk),
        )

    def test_a_file_is_attached_with_its_texts(self, acme, part):
        response = acme.post(of_row(part), {"file": picture(), "title": "Cat"})
        assert response.status_code == 201
        assert [each["title"] for each in response.json()["attached"]] == ["Cat"]
        assert orders(part) == ["Red", "Lime", "Blue", "Cat"]

    @pytest.mark.parametrize("path", ["", "bulk_attach/"])
    def test_images_are_attached(self, acme, part, path):
        other = Part.objects.create(organization=part.organization)
        keys = [each.image_id for each in part.images.all()][::-1]
        for _ in range(2):
            response = acme.post(of_row(other) + path, {"ids": keys}, format="json")
            assert response.status_code == 201
            assert [each["image"]["id"] for each in response.json()["attached"]] == keys
        assert orders(other) == ["Blue", "Lime", "Red"]

    @pytest.mark.parametrize("path", ["", "bulk_attach/"])
    def test_all_are_attached_or_none_and_the_bad_ones_are_named(self, acme, parts, path):
        other = Part.objects.create(organization=parts[0].organization)
        keys = [parts[0].cover.image_id, parts[1].cover.image_id, 987654321]
        response = acme.post(of_row(other) + path, {"ids": keys}, format="json")

        assert response.status_code == 400
        assert response.json() == {
            "detail": f"ids: There is no image {keys[1]} here. ids: There is no image 987654321 here.",
            "errors": {
                "ids": [f"There is no image {keys[1]} here.", "There is no image 987654321 here."]
            },
        }
        assert not other.images.exists()

    def test_of_too_many_none_is_attached(self, staff, part):
        keys = [each.image_id for each in part.images.all()]
        shelf = Shelf.objects.create()
        StoredImage.objects.filter(images__in=keys).update(owner_key="")
        shelf.attach(picture(color="white"))
        url = f"/api/library/tests_attachments/shelf/{shelf.pk}/"
        response = staff.post(url, {"ids": keys}, format="json")
        assert response.status_code == 400
        assert "has 3 images already" in response.json()["detail"]
        assert shelf.images.count() == 1

    def test_texts_are_written_with_ids_as_well(self, acme, part):
        other = Part.objects.create(organization=part.organization)
        body = {"ids": [part.cover.image_id], "title": "Front"}
        assert acme.post(of_row(other), body, format="json").status_code == 201
        assert other.cover.custom_title == "Front"

    def test_rows_of_a_child_have_its_owner(self, acme, members):
        shop = Shop.objects.create(slug="roma", organization=members[0])
        url = f"{LIBRARY}tests_attachments/shop/roma/"
        assert acme.post(url, {"file": picture()}).status_code == 201
        url += f"{shop.cover.image_id}/"
        response = acme.patch(url, {"custom_title": "Front", "is_cover": False}, format="json")
        assert (response.status_code, response.json()["title"]) == (200, "Front")
        assert shop.cover is None
        assert acme.delete(url).status_code == 204

    def test_a_change_of_what_has_gone_is_not_found(self, part):
        stale = part.images.with_images()[1]
        part.detach(stale)
        for serializer, thing in (
            (AttachmentSerializer, stale),
            (ImageSerializer, Image.objects.get(pk=stale.image_id)),
        ):
            Image.objects.filter(pk=stale.image_id).delete()
            with pytest.raises(NotFound):
                serializer().update(thing, {TEXT[serializer]: "Front"})

    def test_a_change_of_a_text_undoes_nobody_elses(self, part):
        stale = ImageAttachment.objects.get(pk=part.cover.pk)
        part.set_cover(part.images.all()[2])
        part.reorder(part.images.all()[2])
        AttachmentSerializer().update(stale, {"custom_title": "Front"})
        assert orders(part) == ["Blue", "Red", "Lime"]
        assert [each.is_cover for each in part.images.all()] == [True, None, None]
        assert (stale.is_cover, stale.order) == (None, 1)

    def test_detaching_says_what_was_there(self, acme, part):
        keys = [each.image_id for each in part.images.all()]
        for detached in (keys[:2], []):
            body = {"ids": [*keys[:2], 987654321]}
            response = acme.post(f"{of_row(part)}bulk_detach/", body, format="json")
            assert response.json() == {"detached": detached}
        assert orders(part) == ["Blue"]
        assert Image.objects.count() == 6

    def test_one_is_read_changed_and_detached(self, acme, part):
        url = f"{of_row(part)}{part.cover.image_id}/"
        assert acme.get(url).json()["title"] == "Red"
        response = acme.patch(url, {"custom_title": "Front"})
        assert (response.json()["title"], response.json()["custom_title"]) == ("Front", "Front")
        assert acme.delete(url).status_code == 204
        assert acme.delete(url).status_code == 404
        assert orders(part) == ["Lime", "Blue"]

    def test_they_are_reordered(self, acme, part):
        keys = [each.image_id for each in part.images.all()]
        body = {"ids": [keys[2], keys[0]], "position": 1}
        response = acme.post(f"{of_row(part)}reorder/", body, format="json")
        attached = [each["image"]["id"] for each in response.json()["attached"]]
        assert attached == [keys[1], keys[2], keys[0]]
        assert orders(part) == ["Lime", "Blue", "Red"]

    def test_the_cover_is_set_and_unset(self, acme, part):
        last = part.images.all()[2]
        response = acme.post(f"{of_row(part)}set_cover/", {"id": last.image_id}, format="json")
        assert response.json()["is_cover"] is True
        assert part.cover == last
        assert acme.post(f"{of_row(part)}unset_cover/").status_code == 204
        assert part.cover is None
        assert orders(part) == ["Red", "Lime", "Blue"]

    def test_or_by_a_change(self, acme, part):
        url = f"{of_row(part)}{part.images.all()[1].image_id}/"
        assert acme.patch(url, {"is_cover": True}, format="json").json()["is_cover"] is True
        assert part.cover.title == "Lime"
        assert acme.patch(url, {"is_cover": False}, format="json").json()["is_cover"] is False
        assert part.cover is None

    def test_what_is_not_on_the_row_is_told(self, acme, parts):
        for key in (parts[1].cover.image_id, 987654321):
            response = acme.post(f"{of_row(parts[0])}set_cover/", {"id": key}, format="json")
            assert response.status_code == 400
            assert response.json()["detail"] == f"id: There is no image {key} here."

    def test_of_one_that_is_allowed_two_are_refused(self, staff, part):
        keys = [each.image_id for each in part.images.all()]
        StoredImage.objects.filter(images__in=keys).update(owner_key="")
        badge = Badge.objects.create()
        url = f"/api/library/tests_attachments/badge/{badge.pk}/"
        response = staff.post(url, {"ids": keys[:2]}, format="json")
        assert response.status_code == 400
        assert not badge.images.exists()
        assert staff.post(url, {"ids": keys[:1]}, format="json").status_code == 201

    def test_a_file_is_for_who_may_upload(self, acme, part, settings):
        settings.DERIVED_IMAGES |= {"POLICY": f"{__name__}.WithoutUploads"}
        row = {"content_type": "tests_attachments.part", "object_id": part.pk}
        for call, url, body in (
            (acme.post, of_row(part), {}),
            (acme.post, "/api/image/", row),
            (acme.patch, f"/api/image/{part.cover.pk}/", {}),
        ):
            assert call(url, body | {"file": picture()}).status_code == 403
        assert Image.objects.count() == 6


class TestAttachments:
    def test_they_are_listed_and_filtered(self, acme, part):
        assert acme.get("/api/image/").json()["count"] == 3
        label = {"content_type": "tests_attachments.part"}
        for query, count in (
            (label, 3),
            (label | {"object_id": part.pk}, 3),
            (label | {"object_id": 987654321}, 0),
            (label | {"object_id": "x"}, 0),
            (label | {"object_id": 10**30}, 0),
            ({"content_type": "tests_attachments.stranger"}, 0),
            ({"content_type": "nonsense"}, 0),
            ({"is_cover": "true"}, 1),
            ({"is_cover": "false"}, 2),
            ({"search": "lime"}, 1),
        ):
            response = acme.get("/api/image/", query)
            assert (response.status_code, response.json()["count"]) == (200, count), query
        response = acme.get("/api/image/", {"object_id": 1})
        assert response.json()["detail"] == "Give the content_type, too: whose key is it?"

    def test_a_file_is_put_onto_a_row(self, acme, part):
        body = {"content_type": "tests_attachments.part", "object_id": part.pk, "is_cover": True}
        response = acme.post("/api/image/", body | {"file": picture(), "title": "Cat"})
        assert response.status_code == 201, response.json()
        assert response.json()["is_cover"] is True
        assert part.cover.title == "Cat"

    @pytest.mark.parametrize("by", ["image_id", "image_name"])
    def test_an_image_that_is_there_is_put_onto_a_row(self, acme, parts, by):
        other = Part.objects.create(organization=parts[0].organization)
        own, strange = parts[0].cover.image, parts[1].cover.image
        strange.name = "strange.jpg"
        strange.save()
        body = {"content_type": "tests_attachments.part", "object_id": str(other.pk)}
        names = {"image_id": (own.pk, strange.pk), "image_name": (own.name, strange.name)}[by]
        response = acme.post("/api/image/", body | {by: names[0]}, format="json")
        assert response.json()["image"]["id"] == own.pk
        response = acme.post("/api/image/", body | {by: names[1]}, format="json")
        assert response.status_code == 400
        assert response.json()["detail"] == f"{by}: There is no such image here."

    def test_texts_cover_and_file_are_changed(self, acme, part):
        attachment = part.images.all()[1]
        image, url = attachment.image, f"/api/image/{attachment.pk}/"
        body = {"custom_title": "Front", "is_cover": True, "file": picture("new.jpg")}
        response = acme.patch(url, body)

        assert response.status_code == 200, response.json()
        assert response.json()["image"]["name"] == "new.jpg"
        assert response.json()["image"]["title"] == "Lime"
        assert response.json()["title"] == "Front"
        assert part.cover.pk == attachment.pk
        assert Image.objects.filter(pk=image.pk).exists()

    def test_when_one_is_deleted_the_next_is_the_cover(self, acme, part):
        assert acme.delete(f"/api/image/{part.cover.pk}/").status_code == 204
        assert part.cover.title == "Lime"

    def test_many_are_deleted(self, acme, parts):
        keys = [parts[0].cover.pk, parts[1].cover.pk]
        response = acme.post("/api/image/bulk_delete/", {"ids": keys}, format="json")
        assert response.json() == {"deleted": keys[:1]}
        assert ImageAttachment.objects.count() == 5

    def test_each_file_is_shown_once_the_most_used_first(self, acme, parts):
        other = Part.objects.create(organization=parts[0].organization)
        other.attach(parts[0].images.all()[2])
        results = acme.get("/api/image/thumbs/").json()["results"]
        assert [each["count"] for each in results] == [2, 1, 1]
        image = other.cover.image
        assert (results[0]["url"], results[0]["thumbnail"]) == (image.url, image.thumbnail_url)
        assert StoredImage.objects.count() == 6
        found = acme.get("/api/image/thumbs/", {"search": "lime"}).json()["results"]
        assert [each["count"] for each in found] == [1]


class HiddenRows(OfMembers):
    """Its members see all images, and no row."""

    def sees_row(self, user, row):
        return False

    def may_attach_to(self, user, row):
        return False

    def visible_attachments(self, user, attachments):
        return attachments.none()


class HiddenOneByOne(HiddenRows):
    def visible_attachments(self, user, attachments):
        return attachments


class TestOutsiders:
    def test_an_attachment_whose_row_has_gone_is_not_found(self, acme, part):
        url = f"/api/image/{part.cover.pk}/"
        Part.objects.filter(pk=part.pk)._raw_delete("default")
        for response in (acme.get(url), acme.patch(url, {"custom_title": "x"}), acme.delete(url)):
            assert response.status_code == 404

    @pytest.mark.parametrize("policy", ["HiddenRows", "HiddenOneByOne"])
    def test_images_on_a_hidden_row_are_not_found_by_it(self, acme, part, settings, policy):
        settings.DERIVED_IMAGES |= {"POLICY": f"{__name__}.{policy}"}
        url = f"/api/image/{part.cover.pk}/"
        missing = acme.get("/api/image/987654321/").json()
        for response in (acme.get(url), acme.patch(url, {"custom_title": "x"}), acme.delete(url)):
            assert (response.status_code, response.json()) == (404, missing)
        body = {"ids": [part.cover.pk]}
        response = acme.post("/api/image/bulk_delete/", body, format="json")
        assert response.json() == {"deleted": []}
        assert part.images.count() == 3
        shown = 0 if policy == "HiddenRows" else 3
        for path in ("/api/image/", "/api/image/thumbs/"):
            assert acme.get(path).json()["count"] == shown

    def test_hidden_looks_like_missing(self, bolts, parts):
        own = parts[0]
        for hidden, missing in (
            (LIBRARY, "/orgs/Nobody/images/"),
            (of_row(own), "/orgs/Nobody/images/tests_attachments/part/1/"),
            (f"/api/library/{own.cover.image_id}/", "/api/library/987654321/"),
            (f"/api/image/{own.cover.pk}/", "/api/image/987654321/"),
            (
                f"/api/library/tests_attachments/part/{own.pk}/",
                "/api/library/tests_attachments/part/987654321/",
            ),
        ):
            answers = [bolts.get(url) for url in (hidden, missing)]
            assert [each.status_code for each in answers] == [404, 404], hidden
            assert answers[0].json() == answers[1].json()

    def test_rows_of_others_are_not_found_in_ones_own_path(self, staff, parts):
        assert staff.get(of_row(parts[0])).status_code == 200
        assert staff.get(of_row(parts[1])).status_code == 404

    @pytest.mark.parametrize(
        "path", [LIBRARY, "/api/library/", "/api/image/", "/api/image/thumbs/"]
    )
    def test_nobody_is_let_in(self, anonymous, path):
        response = anonymous.get(path)
        assert response.status_code in (401, 403)
        assert list(response.json()) == ["detail"]


class TestErrors:
    @pytest.mark.parametrize(
        ("method", "path", "code"),
        [
            ("get", "/api/image/nowhere/", 404),
            ("get", "/api/library/a/b/c/d/e/f/", 404),
            ("put", LIBRARY, 405),
            ("get", f"{LIBRARY}bulk_upload/", 405),
            ("get", "/api/library/tests_attachments/stranger/1/", 404),
            ("get", "/api/library/nonsense/part/1/", 404),
            ("get", "/api/library/tests_attachments/part/1%00/", 404),
            ("get", "/api/library/tests_attachments/part/x/", 404),
            ("get", f"/api/library/tests_attachments/part/{10**30}/", 404),
            ("get", f"/api/library/{10**30}/", 404),
        ],
    )
    def test_each_has_a_detail(self, acme, method, path, code):
        response = getattr(acme, method)(path)
        assert response.status_code == code
        assert isinstance(response.json()["detail"], str)

    def test_of_other_types(self, acme):
        response = acme.post(LIBRARY, "<xml/>", content_type="text/xml")
        assert response.status_code == 415
        assert response.json()["detail"]

    def test_judged_by_bytes(self, acme, stored):
        response = acme.post(LIBRARY, {"file": text()})
        assert response.status_code == 400
        assert response.json()["detail"].startswith("file: This file is no picture")
        named = picture("notes.txt")
        named.content_type = ""
        assert acme.post(LIBRARY, {"file": named}).status_code == 201
