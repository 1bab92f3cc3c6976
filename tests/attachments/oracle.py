"""What must hold of stored files, images and attachments at any time, told as what is wrong."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from derived_images.attachments.models import Image, ImageAttachment, StoredImage


def ailments(media: Path, *, variants: bool = False) -> list[str]:
    """Return what is wrong in the database and in the folder; say whether variants were rendered."""
    return [*_wrong_files(media, variants), *_wrong_images(), *_wrong_rows()]


def _wrong_files(media: Path, variants: bool) -> Iterator[str]:
    expected = set()
    for stored in StoredImage.objects.all():
        expected |= {stored.file.name, *(_names(stored) if variants else ())}
        source = media / stored.file.name
        if not stored.file.name or not source.is_file():
            yield f"LOST {stored.file.name!r} of {stored.sha256}"
        elif hashlib.sha256(source.read_bytes()).hexdigest() != stored.sha256:
            yield f"OTHER BYTES in {stored.file.name}"
    found = {str(path.relative_to(media)) for path in media.rglob("*") if path.is_file()}
    yield from (f"LEFT OVER {name}" for name in sorted(found - expected))
    yield from (f"MISSING {name}" for name in sorted(expected - found))


def _names(stored: StoredImage) -> set[str]:
    return {stored.variants[variant].name for variant in stored.variants}


def _wrong_images() -> Iterator[str]:
    used = set(Image.objects.values_list("stored_id", flat=True))
    stored = list(StoredImage.objects.values_list("pk", "owner_key", "sha256"))
    yield from (f"UNUSED bytes {pk}" for pk, *_ in stored if pk not in used)
    yield from (f"NO bytes {pk}" for pk in used - {pk for pk, *_ in stored})
    for key, count in Counter((owner, sha256) for _, owner, sha256 in stored).items():
        if count > 1:
            yield f"STORED {count} times: {key}"


def _wrong_rows() -> Iterator[str]:
    images = set(Image.objects.values_list("pk", flat=True))
    rows = defaultdict(list)
    for each in ImageAttachment.objects.all():
        rows[each.content_type_id, each.object_id].append(each)
    for key, attachments in rows.items():
        attached = [each.image_id for each in attachments]
        if attachments[0].content_object is None:
            yield f"NO ROW {key} of {attached}"
        if not images.issuperset(attached):
            yield f"NO IMAGE on {key}: {attached}"
        if len({*attached}) < len(attached):
            yield f"TWICE on {key}: {attached}"
        if len({each.order for each in attachments}) < len(attachments):
            yield f"SAME PLACE on {key}: {[each.order for each in attachments]}"
        covers = sum(each.is_cover is True for each in attachments)
        if covers != 1:
            yield f"{covers} COVERS on {key} of {attached}"
