"""The views: a library, the images of one row, and the attachments of all rows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import router
from django.db.models import Count
from django.utils.translation import gettext as _
from rest_framework import exceptions, mixins, status
from rest_framework.decorators import action
from rest_framework.filters import SearchFilter
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from derived_images.attachments import visible
from derived_images.attachments.attaching import RowImages
from derived_images.attachments.images import TEXTS
from derived_images.attachments.locking import in_transaction
from derived_images.attachments.models import ImageAttachment, StoredImage
from derived_images.attachments.policy import policy
from derived_images.attachments.swapping import get_image_model
from derived_images.rest import bodies, errors
from derived_images.rest.api import API, MayChange, OfOwner, Pages
from derived_images.rest.filters import OnRows, Ordering
from derived_images.rest.serializers import (
    AttachmentSerializer,
    ChangeSerializer,
    ImageSerializer,
    ThumbnailSerializer,
    creator_of,
)
from derived_images.rest.uploads import UploadField


def may_bring_file(user: Any, row: Any) -> bool:
    """Say whether the user may add images to the library of the row's owner."""
    rules = policy()
    return rules.may_upload(user, rules.owner_of(row))


class Collection(
    API,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.UpdateModelMixin,
    mixins.DestroyModelMixin,
    GenericViewSet[Any],
):
    """Things that are listed, and read, changed in part and deleted one by one."""

    pagination_class = Pages
    filter_backends: Any = (SearchFilter, Ordering)

    def changeable(self, things: Iterable[Any]) -> list[Any]:
        """Return the keys of these. Raises `PermissionDenied`, unless all may be changed."""
        found = list(things)
        for each in found:
            self.check_object_permissions(self.request, each)
        return [each.pk for each in found]

    def told(self, thing: Any, code: int = status.HTTP_200_OK) -> Response:
        """Return a response that tells of one thing."""
        return Response(self.get_serializer(thing).data, code)


class Images(OfOwner, Collection):
    """The images of a library: upload, list, read, change, delete."""

    serializer_class = ImageSerializer
    lookup_url_kwarg = "image_id"
    search_fields = ("name", *TEXTS)
    ordering_fields = ("created", "updated", "name", "title")
    ordering = ("-created",)

    def get_queryset(self) -> Any:
        """Return the images that the user sees here."""
        return self.images()

    def create(self, request: Request, **captured: str) -> Response:
        """Store an image. Bytes that are there already are stored once."""
        self._allow_upload()
        data = self.body(bodies.Upload)
        image = self._store(data["file"], **bodies.texts_of(data))
        return self.told(image, status.HTTP_201_CREATED)

    @action(detail=False, methods=["post"])
    def bulk_upload(self, request: Request, **captured: str) -> Response:
        """Store several images; what became of each file is answered in their order."""
        self._allow_upload()
        results = [self._result(file) for file in self.body(bodies.Files)["files"]]
        stored = sum("image" in result for result in results)
        if not stored:
            told = {"detail": _("None of these files could be stored."), "results": results}
            return Response(told, status.HTTP_400_BAD_REQUEST)
        is_all = stored == len(results)
        code = status.HTTP_201_CREATED if is_all else status.HTTP_207_MULTI_STATUS
        return Response({"results": results}, code)

    @action(detail=False, methods=["post"])
    def bulk_delete(self, request: Request, **captured: str) -> Response:
        """Delete images, all or none, and say which of them were there."""
        keys = self.changeable(self.images().filter(pk__in=self.body(bodies.Keys)["ids"]))
        self._all_images().filter(pk__in=keys).delete()
        return Response({"deleted": keys})

    def _allow_upload(self) -> None:
        self.allow(policy().may_upload(self.request.user, self.owner))

    def _store(self, file: Any, **texts: str) -> Any:
        creator = creator_of(self.request)
        return self._all_images().upload(file, owner=self.owner, creator=creator, **texts)

    def _all_images(self) -> Any:
        model = get_image_model()
        return model.all_images(router.db_for_write(model))

    def _result(self, file: Any) -> dict[str, Any]:
        name = getattr(file, "name", "") or ""
        try:
            image = self._store(UploadField().run_validation(file))
            return {"name": name, "image": self.get_serializer(image).data}
        except Exception as error:  # Whatever it is, the others are not lost by it.
            return {"name": name, **errors.told(error)}


class ImagesOfRow(OfOwner, Collection):
    """The images of one row: attach, detach, reorder, choose the cover. By ids of images."""

    serializer_class = AttachmentSerializer
    lookup_field = "image"
    lookup_url_kwarg = "image_id"
    filter_backends = ()
    #: Whether the user may change what is on the row is asked once, when it is found.
    permission_classes = tuple(each for each in API.permission_classes if each is not MayChange)
    row: Any = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Find the row, and whether the user may change what is on it."""
        super().initial(request, *args, **kwargs)
        label = "{app_label}.{model}".format(**kwargs)
        self.row = visible.row_of(request.user, label, kwargs["object_id"])
        rules = policy()
        if self.owner_key not in (None, rules.owner_key(rules.owner_of(self.row))):
            raise exceptions.NotFound
        if request.method not in SAFE_METHODS:
            self.allow(rules.may_attach_to(request.user, self.row))

    def get_queryset(self) -> Any:
        """Return what the user sees of the row's attachments, in order."""
        if self.row is None:  # Permissions of the project's may ask for the model, before.
            return ImageAttachment.objects.none()
        return visible.attachments_of(self.request.user).of(self.row)

    def create(self, request: Request, **captured: str) -> Response:
        """Attach images of the library, or a file with its texts."""
        data = self.body(bodies.Attach)
        texts = bodies.texts_of(data)
        if "ids" in data:
            return self._attach(data["ids"], texts)
        self.allow(may_bring_file(request.user, self.row))
        attachment = self.row.attach(data["file"], creator=creator_of(request), **texts)
        return self._told([attachment], status.HTTP_201_CREATED)

    @action(detail=False, methods=["post"])
    def bulk_attach(self, request: Request, **captured: str) -> Response:
        """Attach images of the library, all or none."""
        return self._attach(self.body(bodies.Keys)["ids"], {})

    @action(detail=False, methods=["post"])
    def bulk_detach(self, request: Request, **captured: str) -> Response:
        """Detach images, and say which of them were there."""
        keys = self.body(bodies.Keys)["ids"]
        found = [each.image for each in self.get_queryset().filter(image__in=keys)]

        def work() -> list[Any]:
            return [image.pk for image in found if self.row.detach(image)]

        return Response({"detached": in_transaction(RowImages(self.row).using, work)})

    @action(detail=False, methods=["post"])
    def reorder(self, request: Request, **captured: str) -> Response:
        """Move images, in this order, to a position; return all that are on the row."""
        data = self.body(bodies.Order)
        self.row.reorder(self._attached(data["ids"]), data["position"])
        return self._told(self.get_queryset(), status.HTTP_200_OK)

    @action(detail=False, methods=["post"])
    def set_cover(self, request: Request, **captured: str) -> Response:
        """Let an image stand for the row."""
        (image,) = self._attached([self.body(bodies.Key)["id"]], "id")
        return self.told(self.row.set_cover(image))

    @action(detail=False, methods=["post"])
    def unset_cover(self, request: Request, **captured: str) -> Response:
        """Let no image stand for the row."""
        self.row.unset_cover()
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _attach(self, keys: list[Any], texts: dict[str, str]) -> Response:
        images = visible.chosen(visible.images_for(self.request.user, self.row), keys)

        def work() -> list[ImageAttachment]:
            attached = [self.row.attach(image, **texts) for image in images]
            if getattr(self.row, "images_limit", None) == 1 and len(attached) > 1:
                raise ValidationError(f"{self.row} takes one image.", code="images_limit")
            return attached

        attachments = in_transaction(RowImages(self.row).using, work)
        return self._told(attachments, status.HTTP_201_CREATED)

    def _told(self, attachments: Any, code: int) -> Response:
        return Response({"attached": self.get_serializer(attachments, many=True).data}, code)

    def _attached(self, keys: list[Any], field: str = "ids") -> list[Any]:
        user = self.request.user
        images = visible.images_of(user).filter(attachments__in=self.get_queryset())
        return visible.chosen(images, keys, field)


class Attachments(Collection):
    """The attachments of all rows that the user sees: `/api/image/`."""

    serializer_class = AttachmentSerializer
    filter_backends = (OnRows, SearchFilter, Ordering)
    search_fields = (
        *(f"custom_{name}" for name in TEXTS),
        *(f"image__{name}" for name in ("name", *TEXTS)),
    )
    ordering_fields = ("order", "image__created", "image__name", "image__title")

    def get_queryset(self) -> Any:
        """Return the attachments of images that the user sees."""
        return visible.attachments_of(self.request.user)

    def check_object_permissions(self, request: Request, obj: Any) -> None:
        """See that its row is seen, and then whether it may be changed. Raises `NotFound`."""
        if not visible.is_on_seen_row(request.user, obj):
            raise exceptions.NotFound
        super().check_object_permissions(request, obj)

    def get_serializer_class(self) -> Any:
        """Let a change bring another file, too."""
        return ChangeSerializer if self.action == "partial_update" else self.serializer_class

    def create(self, request: Request, **captured: str) -> Response:
        """Put a file, or an image of the library, onto a row."""
        data = self.body(bodies.AttachToRow)
        row: Any = visible.row_of(request.user, data["content_type"], data["object_id"])
        self.allow(policy().may_attach_to(request.user, row))
        if "file" in data:
            self.allow(may_bring_file(request.user, row))
        texts = bodies.texts_of(data)
        what = data.get("file") or self._chosen(row, data)

        def work() -> ImageAttachment:
            attachment: ImageAttachment = row.attach(what, creator=creator_of(request), **texts)
            return row.set_cover(attachment) if data["is_cover"] else attachment

        attachment = in_transaction(RowImages(row).using, work)
        return self.told(attachment, status.HTTP_201_CREATED)

    def perform_update(self, serializer: Any) -> None:
        """Change it, with another file, if the user may upload one."""
        if "file" in serializer.validated_data:
            row: Any = serializer.instance.content_object
            self.allow(may_bring_file(self.request.user, row))
        super().perform_update(serializer)

    @action(detail=False, methods=["post"])
    def bulk_delete(self, request: Request, **captured: str) -> Response:
        """Take attachments off their rows, all or none, and say which of them were there."""
        wanted = self.get_queryset().filter(pk__in=self.body(bodies.Numbers)["ids"])
        seen = [each for each in wanted if visible.is_on_seen_row(request.user, each)]
        keys = self.changeable(seen)
        ImageAttachment.objects.filter(pk__in=keys).delete()
        return Response({"deleted": keys})

    @action(detail=False)
    def thumbs(self, request: Request, **captured: str) -> Response:
        """List each file once, with how many rows show it; the most used come first."""
        shown = self.filter_queryset(self.get_queryset()).order_by()
        counted = (
            StoredImage.objects.filter(images__attachments__in=shown)
            .annotate(count=Count("images__attachments"))
            .order_by("-count", "pk")
        )
        page = self.paginate_queryset(counted) or []
        return self.get_paginated_response(ThumbnailSerializer(page, many=True).data)

    def _chosen(self, row: Any, data: dict[str, Any]) -> Any:
        own = visible.images_for(self.request.user, row)
        name = "image_id" if "image_id" in data else "image_name"
        lookup = {"image_id": "pk", "image_name": "name"}[name]
        # Of several that are called so, the newest.
        image = own.filter(**{lookup: data[name]}).order_by("-created", "-pk").first()
        if image is None:
            raise ValidationError({name: _("There is no such image here.")})
        return image
