"""The demonstration: migrate, fill an empty gallery through the visitors' form, serve it."""

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from pathlib import Path

from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import BaseCommand, CommandError, call_command
from paintings import PAINTINGS, Painting

from gallery.forms import PhotoForm
from gallery.models import Photo

Upload = tuple[dict[str, str], SimpleUploadedFile]


class Command(BaseCommand):
    help = "Shows the library at work: migrates, fills an empty gallery, serves it."

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
            self.serve(port)
        except KeyboardInterrupt:
            self.stdout.write("\nStopped.")

    def fill(self, photos):
        if photos:
            known = set(Photo.objects.values_list("title", flat=True))
            self.take_in(
                upload for upload in photographs(photos) if upload[0]["title"] not in known
            )
        elif not Photo.objects.exists():
            self.stdout.write("The gallery is empty: drawing a few pictures for it ...")
            self.take_in(drawn_pictures())

    def take_in(self, uploads):
        for data, file in uploads:
            form = PhotoForm(data, {"image": file})
            if form.is_valid():
                self.report(form.save())
            else:
                reasons = " ".join(reason for field in form.errors.values() for reason in field)
                self.stderr.write(f"  {file.name}: skipped. {reasons}")

    def report(self, photo):
        source = photo.image
        self.stdout.write(
            f"  {photo.title}: {source.width} × {source.height}, {len(photo.variants)} variants"
        )

    def serve(self, port):
        self.stdout.write(
            f"\nOpen  http://127.0.0.1:{port}/\n"
            f"Admin http://127.0.0.1:{port}/admin/ (name demo, password demo)\n"
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


def drawn_pictures() -> Iterator[Upload]:
    """Draw the paintings, the first of them last: the gallery shows the newest first."""
    paintings = PAINTINGS[::-1]
    # The next ones are drawn while the form takes one in.
    with ThreadPoolExecutor(max_workers=2) as pool:
        for painting, content in zip(paintings, pool.map(Painting.content, paintings), strict=True):
            data = {"title": painting.title, "alt_text": painting.alt_text}
            yield data, SimpleUploadedFile(painting.filename, content)


def photographs(folder: Path) -> Iterator[Upload]:
    for path in sorted(folder.iterdir()):
        if path.is_file() and not path.name.startswith("."):
            title = path.stem.replace("_", " ").replace("-", " ").capitalize()[:100]
            yield {"title": title}, SimpleUploadedFile(path.name, path.read_bytes())
