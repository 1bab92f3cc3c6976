"""The addresses: include one of these lists wherever you like.

``path("api/image/", include(urls.attachments))``: the attachments of all rows.
``path("orgs/<slug:slug>/images/", include(urls.images))``: an owner's library, and the images of rows.
"""

from __future__ import annotations

from typing import Any

from django.urls import URLPattern, include, path, re_path

from derived_images.rest.api import Nowhere
from derived_images.rest.views import Attachments, Images, ImagesOfRow

_ONE: Any = {"get": "retrieve", "patch": "partial_update", "delete": "destroy"}
_ALL: Any = {"get": "list", "post": "create"}


def _post(view: Any, *actions: str) -> list[URLPattern]:
    return [path(f"{action}/", view.as_view({"post": action})) for action in actions]


_nowhere = re_path("", Nowhere.as_view())

attachments = [
    path("", Attachments.as_view(_ALL)),
    path("thumbs/", Attachments.as_view({"get": "thumbs"})),
    *_post(Attachments, "bulk_delete"),
    path("<int:pk>/", Attachments.as_view(_ONE)),
    _nowhere,
]

_of_row = [
    path("", ImagesOfRow.as_view(_ALL)),
    *_post(ImagesOfRow, "bulk_attach", "bulk_detach", "reorder", "set_cover", "unset_cover"),
    path("<str:image_id>/", ImagesOfRow.as_view(_ONE)),
]

images = [
    path("", Images.as_view(_ALL)),
    *_post(Images, "bulk_upload", "bulk_delete"),
    path("<str:image_id>/", Images.as_view(_ONE)),
    path("<str:app_label>/<str:model>/<str:object_id>/", include(_of_row)),
    _nowhere,
]
