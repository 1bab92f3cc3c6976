"""Files that requests bring: judged by their bytes, and held to the limits of the policy."""

from __future__ import annotations

from typing import Any

from django.core import exceptions
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.serializers import FileField, ValidationError

from derived_images.attachments.uploads import check_limits, check_request
from derived_images.rest.errors import TooLarge


def check_size(request: Request) -> None:
    """Refuse a request that says that it is too large, before a byte of it is read."""
    try:
        size = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        size = 0
    _hold(size=size)


def read(request: Request) -> None:
    """Read the body, so that what is wrong with it is told of it. Raises `ParseError`."""
    try:
        request.data  # noqa: B018
    except (RecursionError, UnicodeError) as error:
        raise ParseError(_("The request cannot be read.")) from error


def most_files(files: list[Any]) -> list[Any]:
    """Return the files. Raises `TooLarge`, if they are too many."""
    _hold(files=len(files))
    return files


def _hold(**request: int) -> None:
    try:
        check_request(**request)
    except exceptions.ValidationError as error:
        raise TooLarge(error.messages[0]) from error


class UploadField(FileField):
    """An image as a file. Neither its name nor what the client says of its type is believed."""

    def to_internal_value(self, data: Any) -> Any:
        """Return the file. Raises `ValidationError` of what is no image, `TooLarge` of too many bytes."""
        file = super().to_internal_value(data)
        try:
            check_limits(file)
        except exceptions.ValidationError as error:
            if error.code == "too_large":
                raise TooLarge(f"{file.name}: {error.messages[0]}") from error
            raise ValidationError(error.messages) from error
        return file
