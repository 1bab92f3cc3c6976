"""The media view: sources and declared variants, from any storage, to those who may see them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Hashable, Iterable, Mapping
from inspect import isawaitable
from typing import Any
from urllib.parse import urlsplit

from asgiref.sync import async_to_sync
from django.conf import DEFAULT_STORAGE_ALIAS
from django.core.exceptions import PermissionDenied
from django.core.files.storage import storages
from django.core.handlers.asgi import ASGIRequest
from django.db import connections, transaction
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotModified,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.utils.cache import get_conditional_response
from django.utils.encoding import filepath_to_uri
from django.utils.http import content_disposition_header, http_date
from django.utils.module_loading import import_string
from django.views.decorators.http import require_safe

from derived_images import ondemand
from derived_images.conf import setting
from derived_images.http import PIECE, AsyncPieces, Pieces, Unsatisfiable, wanted_range
from derived_images.lookup import MediaFile, find
from derived_images.naming import FORMAT_OF, split
from derived_images.places import mounted_address, place
from derived_images.reading import Content, content, lies_as_it_is

#: Of bytes that never change under their URL.
FOR_EVER = "public, max-age=31536000, immutable"
#: Of variants, and names that another upload may have one day: an hour, then asked again.
FOR_AN_HOUR = "public, max-age=3600, stale-while-revalidate=604800"
#: Of what not all may see, nor perhaps tomorrow those who may today.
FOR_ONE = "private, no-cache"
NOT_AT_ALL = "no-store"

#: Where nginx has the files of a mount, before the mount's own path.
INTERNAL = "/internal"


@require_safe
def media(
    request: HttpRequest, name: str, storage: str = DEFAULT_STORAGE_ALIAS
) -> HttpResponseBase:
    """Serve the file of this name in the storage of this alias.

    What is hidden, missing, or nothing of ours, is the same 404.
    """
    for file in shown(request, find(storages[storage], name)):
        caching = _caching(request, file)
        response = _served(request, file, caching) or _instead(request, file, caching)
        if response is not None:
            return response
    return _nothing(request)


for _alias in connections:  # No transaction of ATOMIC_REQUESTS: others see at once what is made.
    transaction.non_atomic_requests(using=_alias)(media)


def _nothing(request: HttpRequest) -> HttpResponse:
    if setting("AUTHORIZE") is not None:
        # As a rule may have looked at them: their middleware has that said of what is hidden, then.
        _ = request.session.keys() if hasattr(request, "session") else None
        _ = request.user.pk if hasattr(request, "user") else None
    return _refusal(404, b"Not found.")


def _refusal(status: int, body: bytes = b"", headers: Mapping[str, str] = {}) -> HttpResponse:
    always = {
        "Content-Type": "text/plain",
        "Content-Length": str(len(body)),
        "Cache-Control": NOT_AT_ALL,
        "X-Content-Type-Options": "nosniff",
    }
    return HttpResponse(body, status=status, headers={**always, **headers})


def shown(request: HttpRequest, files: Iterable[MediaFile]) -> Iterable[MediaFile]:
    """Ask the project's `AUTHORIZE`, and return the files if they may be seen.

    Of rows that share a source one is enough. Where several sources clash over the name, each must
    have one: nobody knows what of them lies there.
    """
    rule = setting("AUTHORIZE")
    if rule is None:
        return files
    allows, files = import_string(rule), list(files)
    sources: dict[Hashable, list[MediaFile]] = defaultdict(list)
    for file in files:
        for row in file.rows:
            one = file.of(row)
            sources[place(file.field.storage), one.source.name].append(one)
    may_be_seen = all(any(_ask(allows, request, one) for one in each) for each in sources.values())
    return [file for file in files if file.rows] if may_be_seen else []


def _ask(allows: Any, request: HttpRequest, file: MediaFile) -> bool:
    """Return whether the rule says `True`: no other answer is taken for one."""
    try:
        answer = allows(request, file)
        if isawaitable(answer):
            _ = file.rows  # An event loop may not ask the database.
            answer = async_to_sync(_awaited)(answer)
    except (Http404, PermissionDenied):
        return False
    return answer is True


async def _awaited(answer: Awaitable[object]) -> object:
    return await answer


def _caching(request: HttpRequest, file: MediaFile) -> str:
    if setting("AUTHORIZE") is not None:
        return FOR_ONE
    return FOR_EVER if file.is_allocated and _tells_recipe(request, file) else FOR_AN_HOUR


def _tells_recipe(request: HttpRequest, file: MediaFile) -> bool:
    """Say whether the URL changes with what is at it, if its source does not."""
    if file.manager is None or file.variant is None:
        return True
    current = file.manager.fingerprint(file.variant)
    return file.manager.names_fingerprint or request.GET.get("v") == current


def _instead(request: HttpRequest, file: MediaFile, caching: str) -> HttpResponseBase | None:
    """Answer for a variant that is not there: render it, or give what it would be made of."""
    missing = setting("MISSING")
    if file.variant is None or missing == "404" or not file.rows:
        return None
    made = _served(request, file, caching) if missing == "render" and ondemand.make(file) else None
    if made is not None:
        return made
    source = file.original
    found = shown(request, find(source.storage, source.name))
    return _served(request, source, NOT_AT_ALL) if any(found) else None


def _served(request: HttpRequest, file: MediaFile, caching: str) -> HttpResponseBase | None:
    """Return the file, by whom `SERVE` has it sent; ``None`` if it is not there."""
    found = content(file.storage, file.name)
    if found is None:
        return None
    headers = {"Cache-Control": caching, "X-Content-Type-Options": "nosniff", **_kind(file)}
    try:
        handed_off = _handed_off(request, file, headers)
        if handed_off is None:
            return _streamed(request, found, headers)
    except BaseException:
        found.close()
        raise
    found.close()
    return handed_off


def _handed_off(
    request: HttpRequest, file: MediaFile, headers: dict[str, str]
) -> HttpResponseBase | None:
    """Leave the bytes to another, where there is one who has them."""
    serve = setting("SERVE")
    if serve == "stream":
        return None
    here = mounted_address(file.storage, file.name)
    if serve == "redirect":
        try:
            url = file.storage.url(file.name)
        except (NotImplementedError, ValueError):  # It has none.
            return None
        # It may be signed, and end soon.
        headers = {"Cache-Control": NOT_AT_ALL}
        return None if _is_here(request, url, here) else HttpResponseRedirect(url, headers=headers)
    if serve == "X-Sendfile" and lies_as_it_is(file.storage):
        return HttpResponse(
            headers=headers | {serve: filepath_to_uri(file.storage.path(file.name))}
        )
    if serve == "X-Accel-Redirect" and lies_as_it_is(file.storage) and here:
        return HttpResponse(headers=headers | {serve: f"{INTERNAL}{urlsplit(here).path}"})
    return None


def _is_here(request: HttpRequest, url: str, here: str | None) -> bool:
    """Say whether a URL leads back to this view, by this site or by what stands before it."""
    parts, own = urlsplit(url), urlsplit(here or "")
    hosts = {"", request.get_host(), own.netloc}
    return parts.netloc in hosts and (not parts.netloc or parts.path == own.path)


def _kind(file: MediaFile) -> dict[str, str]:
    """Return the headers that say what it is: a format of ours, or something to be kept."""
    format = FORMAT_OF.get(split(file.name)[2].lower())
    if file.manager and file.variant and file.manager.recipes[file.variant].format != "source":
        format = file.manager.recipes[file.variant].format
    disposition = content_disposition_header(format is None, file.name.rpartition("/")[2])
    return {
        "Content-Type": f"image/{format}" if format else "application/octet-stream",
        "Content-Disposition": str(disposition),
    }


def _streamed(request: HttpRequest, found: Content, headers: dict[str, str]) -> HttpResponseBase:
    """Send the bytes that are asked for, unless the browser has them."""
    modified = None if found.modified is None else int(found.modified)
    headers["Accept-Ranges"] = "bytes"
    if found.etag is not None:
        headers["ETag"] = found.etag
    if modified is not None:
        headers["Last-Modified"] = http_date(modified)
    settled = get_conditional_response(request, found.etag, modified)
    if settled is not None:
        found.close()
        if not isinstance(settled, HttpResponseNotModified):
            return _refusal(settled.status_code)
        del headers["Content-Type"], headers["Content-Disposition"]
        return _with(headers, settled)
    try:
        part = wanted_range(request, found.size, found.etag, modified)
    except Unsatisfiable:
        found.close()
        return _refusal(416, headers={"Content-Range": f"bytes */{found.size}"})
    start, end = part or (0, found.size)
    headers["Content-Length"] = str(end - start)
    if part:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{found.size}"
        # Which need not be said, but keeps GZipMiddleware from compressing the part.
        headers["Content-Encoding"] = "identity"
    response = _body(request, found, start, end)
    response.status_code = 206 if part else 200
    return _with(headers, response)


def _with(headers: dict[str, str], response: HttpResponseBase) -> HttpResponseBase:
    for name, value in headers.items():
        response[name] = value
    return response


def _body(request: HttpRequest, found: Content, start: int, end: int) -> HttpResponseBase:
    if request.method == "HEAD":
        found.close()
        return HttpResponse()
    file, length = found.part(start, end), end - start
    if isinstance(request, ASGIRequest):
        return StreamingHttpResponse(AsyncPieces(Pieces(file, length)))
    if length < found.size:
        return StreamingHttpResponse(Pieces(file, length))
    response = FileResponse(file)  # Which some servers give to the kernel.
    response.block_size = PIECE
    return response
