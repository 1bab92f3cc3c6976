"""Who may do what: every address × every verb × everybody, from the routes as they are."""

from itertools import product

import pytest
from django.db import transaction
from django.urls import URLPattern

from derived_images.attachments.models import Image, ImageAttachment
from derived_images.rest import urls
from tests.attachments.models import Part
from tests.pictures import picture

pytestmark = pytest.mark.django_db

SAFE = ("get", "head", "options")
VERBS = ("get", "head", "options", "post", "put", "patch", "delete")
#: Mount → where it begins; the organization is the one that owns everything here.
MOUNTS = {"attachments": "/api/image/", "library": "/orgs/Acme/images/", "all": "/api/library/"}
LISTS = {"attachments": urls.attachments, "library": urls.images, "all": urls.images}


def routes(patterns, before=""):
    """Yield each route, with the verbs that it has."""
    for each in patterns:
        route = before + str(each.pattern)
        if not isinstance(each, URLPattern):
            yield from routes(each.url_patterns, route)
        elif hasattr(each.callback, "actions"):
            yield route, set(each.callback.actions)


ROUTES = [(mount, route) for mount, patterns in LISTS.items() for route, _ in routes(patterns)]
ALLOWED = {
    (mount, route): verbs | {"options"} | ({"head"} if "get" in verbs else set())
    for mount, patterns in LISTS.items()
    for route, verbs in routes(patterns)
}
ROW = "<str:app_label>/<str:model>/<str:object_id>/"
#: Route → what a good POST answers, where it is not 200.
POSTED = {
    "": 201,
    "bulk_upload/": 201,
    ROW: 201,
    f"{ROW}bulk_attach/": 201,
    f"{ROW}unset_cover/": 204,
}
#: Routes of things of the library that look nowhere else: nothing of others is there to be hidden.
OWN = {"", "thumbs/", "bulk_delete/", "bulk_upload/"}


@pytest.fixture
def part(parts):
    return parts[0]


def sent(mount, route, part, verb):
    """Return the body of a good request."""
    image = part.cover.image_id
    bodies = {
        "bulk_upload/": {"files": [picture("new.jpg", color="white")]},
        "bulk_delete/": {"ids": [part.cover.pk if mount == "attachments" else image]},
        f"{ROW}bulk_attach/": {"ids": [image]},
        f"{ROW}bulk_detach/": {"ids": [image]},
        f"{ROW}reorder/": {"ids": [image]},
        f"{ROW}set_cover/": {"id": image},
        f"{ROW}unset_cover/": {},
        ROW: {"ids": [image]},
        "": {
            "file": picture("new.jpg", color="white"),
            "content_type": "tests_attachments.part",
            "object_id": part.pk,
        },
    }
    return bodies.get(route, {}) if verb == "post" else {}


def answer(client, mount, route, verb, part):
    path = MOUNTS[mount] + route
    for name, value in (
        ("<str:app_label>", "tests_attachments"),
        ("<str:model>", "part"),
        ("<str:object_id>", part.pk),
        ("<str:image_id>", part.cover.image_id),
        ("<int:pk>", part.cover.pk),
    ):
        path = path.replace(name, str(value))
    body = sent(mount, route, part, verb)
    is_form = any(
        not isinstance(value, int | str | list) or "files" in body for value in body.values()
    )
    return getattr(client, verb)(path, body, format="multipart" if is_form else "json")


def expected(who, mount, route, verb):
    """Return the code that is right."""
    if who == "anonymous":
        return 403
    is_own = mount != "library" and route in OWN
    is_one = mount != "library" and route in ("<int:pk>/", "<str:image_id>/")
    if who == "other" and not is_own and (not is_one or verb in ("get", "head", "patch", "delete")):
        return 404
    if who == "reader" and route.startswith(ROW) and verb not in SAFE:
        return 403  # Before it is looked at what there is.
    if verb not in ALLOWED[mount, route]:
        return 405
    if who == "reader" and verb not in SAFE:
        return 403
    if who == "other" and verb == "post":
        return {"attachments": {"": 404}, "all": {"": 403, "bulk_upload/": 403}}[mount].get(
            route, 200
        )
    if mount == "all" and verb == "post" and route in ("", "bulk_upload/") and who == "owner":
        return 403  # Nobody's library is for staff.
    if verb == "post":
        return POSTED.get(route, 200)
    return 204 if verb == "delete" else 200


@pytest.mark.parametrize(("mount", "route"), ROUTES)
def test_no_cell_is_wrong(mount, route, part, anonymous, acme, reader, bolts, staff):
    clients = {
        "anonymous": anonymous,
        "owner": acme,
        "reader": reader,
        "other": bolts,
        "staff": staff,
    }
    wrong, before = {}, state()
    for who, verb in product(clients, VERBS):
        with transaction.atomic():
            response = answer(clients[who], mount, route, verb, part)
            is_changed = state() != before
            transaction.set_rollback(True)
        if not is_right(response, expected(who, mount, route, verb), verb, is_changed):
            wrong[who, verb] = response.status_code, response.content
    assert wrong == {}


def is_right(response, code, verb, is_changed):
    is_refused = response.status_code >= 400
    told = not is_refused or verb == "head" or isinstance(response.json()["detail"], str)
    must_stay = is_refused or verb in SAFE
    return response.status_code == code and told and not (is_changed and must_stay)


def state():
    return [
        list(Image.objects.order_by("pk").values()),
        list(ImageAttachment.objects.order_by("pk").values()),
        list(Part.objects.order_by("pk").values()),
    ]
