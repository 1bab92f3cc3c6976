"""What people upload who mean harm, or whose disks do; and a process that takes it in.

Run as a module, it takes every file of the corpus on every path, each in a child process of its
own with caps on memory and time, and prints a JSON object per line: what became of it.
"""

import json
import os
import resource
import struct
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

from PIL import Image, PngImagePlugin

from tests.pictures import encoded, png_claiming

EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EOF\n"
PAYLOAD = b"<script>PAYLOAD</script>"
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF")
#: What else this Pillow writes, and opens again if it is let.
OTHERS = ("BMP", "DDS", "DIB", "EPS", "ICNS", "ICO", "JPEG2000", "MSP", "PCX", "PDF", "PPM")
OTHERS += ("SGI", "SPIDER", "TGA", "TIFF", "XBM")
#: Bytes of address space, and seconds of processor time.
MEMORY, SECONDS = 1_500_000_000, 60


def _picture(width: int = 300, height: int = 200) -> Image.Image:
    return Image.linear_gradient("L").resize((width, height)).convert("RGB")


def _claiming(format: str, width: int, height: int) -> bytes:
    """Return a file whose header claims these dimensions, over the pixels of a small one."""
    data = encoded(_picture(), format)
    if format == "PNG":
        return png_claiming(width, height)
    if format == "JPEG":
        frame = data.index(b"\xff\xc0") + 5
        return data[:frame] + struct.pack(">HH", height, width) + data[frame + 4 :]
    if format == "GIF":
        data = data[:6] + struct.pack("<HH", width, height) + data[10:]
        frame = data.index(b",\0\0\0\0") + 5
        return data[:frame] + struct.pack("<HH", width, height) + data[frame + 4 :]
    if format == "WEBP":
        width, height = min(width, 0x3FFF), min(height, 0x3FFF)
        frame = data.index(b"\x9d\x01\x2a") + 3
        return data[:frame] + struct.pack("<HH", width, height) + data[frame + 4 :]
    place = data.index(b"ispe") + 8
    return data[:place] + struct.pack(">II", width, height) + data[place + 8 :]


def _frames(format: str, count: int, side: int) -> bytes:
    colors = [Image.new("L", (side, side), n) for n in (10, 200)]
    others = [colors[number % 2] for number in range(1, count)]
    return encoded(colors[0], format, save_all=True, append_images=others, duration=20)


def _with_metadata(format: str) -> bytes:
    if format == "PNG":
        text = PngImagePlugin.PngInfo()
        text.add_text("Comment", PAYLOAD.decode())
        text.add(b"juNk", PAYLOAD, after_idat=True)
        return encoded(_picture(), format, pnginfo=text)
    exif = Image.Exif()
    exif[0x010E] = PAYLOAD.decode()
    options = {} if format == "GIF" else {"exif": exif}
    return encoded(_picture(), format, comment=PAYLOAD, **options)


def _with_text(name: str) -> bytes:
    text = PngImagePlugin.PngInfo()
    text.add_text(name, "hostile")
    return encoded(_picture(), "PNG", pnginfo=text)


def _in_scans(count: int) -> bytes:
    """Return a JPEG whose last scan comes again and again: some bytes, and all pixels."""
    data = encoded(_picture(), "JPEG", progressive=True)
    return data[:-2] + data[data.rindex(b"\xff\xda") : -2] * count + data[-2:]


#: Fault → a file of the format with that fault.
FAULTS: dict[str, Callable[[str], bytes]] = {
    "cut at a tenth": lambda kind: _cut(kind, 0.1),
    "cut in half": lambda kind: _cut(kind, 0.5),
    "cut near the end": lambda kind: _cut(kind, 0.95),
    "zeros for an end": lambda kind: _cut(kind, 0.4) + b"\0" * 2000,
    "scattered damage": lambda kind: _scattered(encoded(_picture(), kind)),
    "twice itself": lambda kind: encoded(_picture(), kind) * 2,
    "payload behind": lambda kind: encoded(_picture(), kind) + PAYLOAD,
    "payload in metadata": _with_metadata,
    "a zip behind": lambda kind: encoded(_picture(), kind) + b"PK\3\4" + PAYLOAD * 9,
    "odd profile": lambda kind: _with_profile(kind, b"\0\0\1\0" + b"acsp" * 40),
    "a profile of a megabyte": lambda kind: _with_profile(kind, PAYLOAD * 50_000),
    "50000 x 50000": lambda kind: _claiming(kind, 50_000, 50_000),
    "16000 x 16000": lambda kind: _claiming(kind, 16_000, 16_000),
    "no columns": lambda kind: _claiming(kind, 0, 200),
    "1 x 20000": lambda kind: encoded(_picture(1, 16_000 if kind == "WEBP" else 20_000), kind),
    "20000 x 1": lambda kind: encoded(_picture(16_000 if kind == "WEBP" else 20_000, 1), kind),
}
MOVING = ("PNG", "WEBP", "GIF")


def _cut(format: str, share: float) -> bytes:
    data = encoded(_picture(), format)
    return data[: int(len(data) * share)]


def _scattered(data: bytes) -> bytes:
    damaged = bytearray(data)
    damaged[len(data) // 3 :: 97] = b"\xa5" * len(damaged[len(data) // 3 :: 97])
    return bytes(damaged)


def _with_profile(format: str, profile: bytes) -> bytes:
    return encoded(_picture(), format, icc_profile=profile)


def corpus() -> Iterator[tuple[str, bytes]]:
    """Yield the name and the bytes of every file; all are uploaded as `.jpg`."""
    for format in FORMATS:
        for fault, make in FAULTS.items():
            yield f"{format}, {fault}", make(format)
    # Within the budget: a decoder that halves it is what keeps it small.
    yield "JPEG, 9000 x 9000", _claiming("JPEG", 9_000, 9_000)
    yield "JPEG, 1000 scans", _in_scans(1000)
    for name in ("duration", "loop", "icc_profile", "transparency"):
        yield f"PNG, text for {name}", _with_text(name)
    for format in MOVING:
        yield f"{format}, 10000 frames", _frames(format, 10_000, 8)
    for format in OTHERS:
        yield f"{format} as jpg", encoded(_picture(64, 64).convert(_mode_of(format)), format)
    yield "EPS that runs a program", EPS
    yield "nothing", b""
    yield "text", b"It is text."
    yield "zeros", b"\0" * 5000
    yield "html and gif", b"GIF89a" + PAYLOAD
    yield "svg", b'<svg xmlns="http://www.w3.org/2000/svg">' + PAYLOAD + b"</svg>"


def _mode_of(format: str) -> str:
    return {"MSP": "1", "XBM": "1", "SPIDER": "F"}.get(format, "RGB")


# --- The process that takes it in


def by_form(data: bytes, model: type) -> str:
    from django.core.files.uploadedfile import SimpleUploadedFile
    from django.forms import modelform_factory

    upload = SimpleUploadedFile("cat.jpg", data)
    form = modelform_factory(model, fields=["image"])({}, {"image": upload})
    return "accepted" if form.is_valid() else "refused"


def by_save(data: bytes, model: type) -> str:
    from django.core.files.base import ContentFile

    row = model(image=ContentFile(data, "cat.jpg"))
    row.save()
    with row.image.open() as file:
        assert file.read() == data, "The original was touched."
    return "rendered" if not row.variants.missing() else "not rendered"


def by_render(data: bytes, model: type) -> str:
    from django.core.files.base import ContentFile
    from django.core.files.storage import default_storage

    from derived_images import references, tasks

    [row] = model.objects.bulk_create(
        [model(image=default_storage.save("dog.jpg", ContentFile(data)))]
    )
    payload = {"model": model._meta.label, "key": references.row_key(row), "field": "image"}
    report = tasks.render_payload({**payload, "source": row.image.name, "using": "default"})
    return "rendered" if report.made and not report.failures else "not rendered"


PATHS = {"form": by_form, "save": by_save, "render": by_render}


def main(media: Path) -> None:
    """Take in everything; a row's table is made in memory, and every child has its own."""
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    from tests.shop.models import Loose, Photo

    for database in settings.DATABASES:
        call_command("migrate", run_syncdb=True, verbosity=0, database=database)
    Image.init()
    for name, data in corpus():
        for path, model in (("form", Loose), ("form", Photo), ("save", Loose), ("render", Photo)):
            told = in_child(media, path, data, model)
            print(
                json.dumps({"file": name, "model": model.__name__, "path": path, **told}),
                flush=True,
            )


def in_child(media: Path, path: str, data: bytes, model: type) -> dict[str, object]:
    """Fork, take the data in, and return what became of it and what it cost."""
    from django.conf import settings

    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        settings.MEDIA_ROOT = media / str(os.getpid())
        _cap()
        try:
            outcome = PATHS[path](data, model)
            payload = any(
                PAYLOAD[8:15] in file.read_bytes() for file in _variants(settings.MEDIA_ROOT)
            )
            outcome = "PAYLOAD in a variant" if payload else outcome
        except BaseException:
            outcome = traceback.format_exc()
        os.write(writer, outcome.encode()[-4000:])
        os._exit(0)
    os.close(writer)
    with open(reader) as pipe:
        outcome = pipe.read()
    _, status, usage = os.wait4(child, 0)
    return {
        "outcome": outcome if not status else f"ended with status {status}",
        "megabytes": usage.ru_maxrss // (1024 if sys.platform == "linux" else 1024**2),
        "seconds": round(usage.ru_utime + usage.ru_stime, 2),
    }


def _variants(media: Path) -> Iterator[Path]:
    """Yield the files of the default set; the source may be a WebP, too."""
    return (
        file
        for file in media.rglob("*.webp")
        if file.stem.endswith(("_thumb", "_sm", "_md", "_lg"))
    )


def _cap() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
