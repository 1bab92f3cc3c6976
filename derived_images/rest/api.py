"""What all views of the API have in common: JSON, errors with `detail`, and who may enter."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core.exceptions import DisallowedRedirect
from django.http import HttpResponsePermanentRedirect
from django.http.response import HttpResponseBase
from django.urls import resolve
from django.utils.http import escape_leading_slashes
from rest_framework import exceptions, parsers, renderers, serializers
from rest_framework.metadata import SimpleMetadata
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.views import APIView

from derived_images.attachments import visible
from derived_images.attachments.models import ImageAttachment
from derived_images.attachments.policy import policy
from derived_images.rest import errors
from derived_images.rest.uploads import check_size, read


class MayEnter(BasePermission):
    """Whom the policy lets enter."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Ask the policy."""
        return policy().may_enter(request.user)


class MayChange(BasePermission):
    """Who may change an image, or what is on a row."""

    def has_object_permission(self, request: Request, view: APIView, obj: Any) -> bool:
        """Ask the policy about the image, or about the row that the attachment is on."""
        if request.method in SAFE_METHODS:
            return True
        if isinstance(obj, ImageAttachment):
            row: Any = obj.content_object
            return policy().may_attach_to(request.user, row)
        return policy().may_change(request.user, obj)


class Pages(LimitOffsetPagination):
    """A hundred at a time, unless asked for more or fewer: ``?limit=20&offset=40``."""

    default_limit = 100
    max_limit = 1000


class Metadata(SimpleMetadata):
    """What OPTIONS tells: how to speak. What to say, OpenAPI tells."""

    def determine_actions(self, request: Request, view: APIView) -> dict[str, Any]:
        """Tell of none: what is sent is not what is answered."""
        return {}


class API(APIView):
    """A view that speaks JSON whatever happens. Authentication and throttles are the project's."""

    renderer_classes = (renderers.JSONRenderer,)
    parser_classes = (parsers.JSONParser, parsers.MultiPartParser)
    metadata_class = Metadata
    permission_classes: Any = (*api_settings.DEFAULT_PERMISSION_CLASSES, MayEnter, MayChange)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Before anything of the body is read, which authentication may do, look at its size."""
        check_size(request)
        super().initial(request, *args, **kwargs)
        if request.method in ("POST", "PATCH"):
            read(request)

    def get_exception_handler(self) -> Callable[..., Any]:
        """Return the one of this API."""
        return errors.handle

    def allow(self, is_allowed: bool) -> None:
        """Raise `PermissionDenied`, unless it is allowed."""
        if not is_allowed:
            self.permission_denied(self.request)

    def body(self, kind: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        """Return what the request says. Raises `ValidationError`."""
        serializer = kind(data=self.request.data)
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data  # type: ignore[no-any-return]


class Nowhere(API):
    """What answers below the API where there is nothing."""

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Lead to where there is something, if all that is missing is a slash."""
        path = f"{request.path_info}/"
        if settings.APPEND_SLASH and request.method in ("GET", "HEAD") and self._leads(path):
            with suppress(DisallowedRedirect):  # Of an address that is too long.
                address = escape_leading_slashes(request.get_full_path(force_append_slash=True))
                return HttpResponsePermanentRedirect(address)
        return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Say so, whoever asks."""
        raise exceptions.NotFound

    def _leads(self, path: str) -> bool:
        return not issubclass(getattr(resolve(path).func, "cls", API), Nowhere)


class OfOwner(API):
    """Knows whose images the address is about, if its beginning tells of an owner."""

    #: ``None`` is nobody, and where the address tells of none.
    owner: Any = None
    #: The key of the library; ``None`` is every library.
    owner_key: str | None = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Find the owner. Raises `NotFound`."""
        super().initial(request, *args, **kwargs)
        captured = {name: value for name, value in kwargs.items() if name not in self.own_kwargs()}
        if args:  # Without names nobody knows what they are: they must not be passed over.
            raise exceptions.NotFound
        if captured:
            self.owner = policy().owner_at(request.user, **captured)
            if self.owner is None:
                raise exceptions.NotFound
            self.owner_key = policy().owner_key(self.owner)

    @staticmethod
    def own_kwargs() -> set[str]:
        """Return what the API's own addresses, and REST framework's versions, capture."""
        return {"image_id", "app_label", "model", "object_id", str(api_settings.VERSION_PARAM)}

    def images(self) -> Any:
        """Return the images that the user sees here."""
        return visible.images_of(self.request.user, self.owner_key)
