"""The demonstration: migrate, fill what is empty through the visitors' forms, serve it."""

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from pathlib import Path
from typing import NamedTuple

from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import BaseCommand, CommandError, call_command
from paintings import PAINTINGS, PANORAMAS, Painting
from workshop import samples
from workshop.models import Organization

from gallery.forms import PanoramaForm, PhotoForm
from gallery.inventory import entries_of
from gallery.models import Panorama, Photo


class Upload(NamedTuple):
    form: type[PhotoForm]
    data: dict[str, object]
    file: SimpleUploadedFile


class Command(BaseCommand):
    help = "Shows the library at work: migrates, fills what is empty, serves it."

    def add_arguments(self, parser):
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--photos", type=Path, help="a folder of photographs to take in")

    def handle(self, *, port, photos, **options):
        refuse_taken(port)
        if photos and not photos.is_dir():
            raise CommandError(f"{photos} is no folder.")
        try:
            call_command("migrate", verbosity=0)
            make_administrator()
            self.fill(photos)
            self.fill_workshop()
            self.serve(port)
        except KeyboardInterrupt:
            self.stdout.write("\nStopped.")

    def fill(self, photos):
        if photos:
            titles = (model.objects.values_list("title", flat=True) for model in (Photo, Panorama))
            known = {title for each in titles for title in each}
            self.take_in(
                upload for upload in photographs(photos) if upload.data["title"] not in known
            )
            return
        for form, paintings in ((PhotoForm, PAINTINGS), (PanoramaForm, PANORAMAS)):
            model = form.Meta.model
            if not model.objects.exists():
                self.stdout.write(f"There is no {model._meta.verbose_name} yet: drawing some ...")
                self.take_in(drawn(paintings, form))

    def fill_workshop(self):
        if not Organization.objects.exists():
            self.stdout.write("There is no organization yet: giving two the gallery's pictures ...")
            for line in samples.fill():
                self.stdout.write(f"  {line}")
        for organization in Organization.objects.all():
            organization.members.add(*get_user_model().objects.filter(username="demo"))

    def take_in(self, uploads):
        for form_class, data, file in uploads:
            form = form_class(data, {"image": file})
            if form.is_valid():
                self.report(form.save())
            else:
                reasons = " ".join(reason for field in form.errors.values() for reason in field)
                self.stderr.write(f"  {file.name}: skipped. {reasons}")

    def report(self, picture):
        source, (_, *variants) = picture.image, entries_of(picture)
        self.stdout.write(
            f"  {picture.title}: {source.width} × {source.height}, {len(variants)} variants"
        )

    def serve(self, port):
        self.stdout.write(
            f"\nOpen  http://127.0.0.1:{port}/\n"
            f"Admin http://127.0.0.1:{port}/admin/ (name demo, password demo)\n"
            f"API   http://127.0.0.1:{port}/api/docs/ (the same; InvenTree's client connects to /)\n"
            "Ctrl-C stops it.\n"
        )
        # Its own banner would bury the address.
        call_command("runserver", f"127.0.0.1:{port}", use_reloader=False, stdout=StringIO())


def refuse_taken(port: int) -> None:
    """Say so at once, not after all the pictures were drawn."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError) as error:
            raise CommandError(f"Port {port} cannot be used: {error}. Choose another.") from error


def make_administrator() -> None:
    users = get_user_model().objects
    if not users.exists():
        users.create_superuser("demo", password="demo")


def drawn(paintings: tuple[Painting, ...], form: type[PhotoForm]) -> Iterator[Upload]:
    """Draw the paintings, the first of them last: the gallery shows the newest first."""
    paintings = paintings[::-1]
    # The next ones are drawn while the form takes one in.
    with ThreadPoolExecutor(max_workers=2) as pool:
        for painting, content in zip(paintings, pool.map(Painting.content, paintings), strict=True):
            data = {
                "title": painting.title,
                "alt_text": painting.alt_text,
                "is_private": painting.is_private,
            }
            yield Upload(form, data, SimpleUploadedFile(painting.filename, content))


def photographs(folder: Path) -> Iterator[Upload]:
    for path in sorted(folder.iterdir()):
        if path.is_file() and not path.name.startswith("."):
            title = path.stem.replace("_", " ").replace("-", " ").capitalize()[:100]
            file = SimpleUploadedFile(path.name, path.read_bytes())
            yield Upload(form_for(file), {"title": title}, file)


def form_for(file: SimpleUploadedFile) -> type[PhotoForm]:
    """Take for a panorama what has exactly the shape of one, and is large enough."""
    image = Photo(image=file).image
    is_panorama = image.width and image.width == 2 * image.height and image.width >= 2000
    return PanoramaForm if is_panorama else PhotoForm
