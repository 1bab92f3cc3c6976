"""Errors: each is JSON with `detail`, a sentence; what is wrong with which field is in `errors`."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

from django.core import signals
from django.core.exceptions import (
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFilesSent,
    ValidationError,
)
from django.db.models import ProtectedError, RestrictedError
from django.http import Http404
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.serializers import as_serializer_error
from rest_framework.settings import api_settings
from rest_framework.views import exception_handler, set_rollback

logger = logging.getLogger("derived_images")

FAILED = _("The server failed, and has logged why.")


class TooLarge(exceptions.APIException):
    """There are more bytes, or files, than are taken."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = _("The request is too large.")
    default_code = "too_large"


class InUse(exceptions.APIException):
    """Something else, which must not lose it, has a foreign key to what is to be deleted."""

    status_code = status.HTTP_409_CONFLICT
    default_detail = _("It cannot be deleted: something else needs it.")
    default_code = "in_use"


def handle(error: Exception, context: dict[str, Any]) -> Response:
    """Return what a client is told. What nobody expected is logged, and a 500."""
    response = exception_handler(_known(error), context)
    if response is None:
        request = context["request"]
        logger.error("%s %s failed.", request.method, request.path, exc_info=error)
        # As for any error of Django's: whoever gathers them is told.
        signals.got_request_exception.send(sender=type(context["view"]), request=request)
        set_rollback()
        return Response({"detail": FAILED}, status.HTTP_500_INTERNAL_SERVER_ERROR)
    response.data = with_detail(response.data)
    return response


def told(error: Exception) -> dict[str, Any]:
    """Return what is said of one thing of many, which failed for itself."""
    known = _known(error)
    if isinstance(known, exceptions.APIException):
        return {"detail": with_detail(known.detail)["detail"]}
    logger.error("One of many failed.", exc_info=error)
    return {"detail": FAILED}


def _known(error: Exception) -> Exception:
    """Return an error of Django's as one of REST framework's."""
    match error:
        case ValidationError():
            return exceptions.ValidationError(as_serializer_error(error))
        case Http404():
            return exceptions.NotFound()  # Without what Django says of which model.
        case RequestDataTooBig() | TooManyFilesSent():
            return TooLarge()
        case SuspiciousOperation():
            # What it says may be none of the client's business.
            logger.warning("A request is suspicious: %s", error)
            return exceptions.ParseError(_("The request cannot be read."))
        case ProtectedError() | RestrictedError():
            return InUse()
    return error


def with_detail(data: Any) -> dict[str, Any]:
    """Return an error's data with a `detail`, which is made of all sentences that are in it."""
    if isinstance(data, dict) and isinstance(data.get("detail"), str):
        return data
    if isinstance(data, str):
        return {"detail": data}
    by_field = data if isinstance(data, dict) else {api_settings.NON_FIELD_ERRORS_KEY: data}
    return {"detail": " ".join(_sentences(data)), "errors": by_field}


def _sentences(data: Any, name: str = "") -> Iterator[str]:
    if isinstance(data, dict):
        for key, value in data.items():
            # Of a list of values it is the place.
            is_field = isinstance(key, str) and not key.isdigit()
            own = key if is_field and key != api_settings.NON_FIELD_ERRORS_KEY else name
            yield from _sentences(value, own)
    elif isinstance(data, list):
        for value in data:
            yield from _sentences(value, name)
    else:
        yield f"{name}: {data}" if name else str(data)
