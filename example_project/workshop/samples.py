"""What an empty workshop is filled with: the gallery's public pictures, on rows of all models."""

from collections.abc import Iterator
from pathlib import Path

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.text import slugify
from gallery.models import Photo

from derived_images.attachments.models import Image

from .forms import UploadForm
from .models import Company, Organization, Part, Place, Row

# Each row, and which pictures it has, by their places in the gallery. What more than one row of an
# organization has comes under another name each time; what a company had before is unused then.
SAMPLES = {
    "Harbour Tiles": (
        (Part, "Coaster, moon", (9,)),
        (Part, "Wall tile, sand", (6, 8)),
        (Company, "Gull Ceramics", (9,)),
        (Company, "Sandpit Brothers", ()),
        (Place, "Kiln house", (8, 6)),
        (Place, "Quay", ()),
    ),
    "Lakeside Press": (
        (Part, "Calendar of four sheets", (0, 1, 4, 3)),
        (Part, "Envelope, plain", ()),
        (Part, "Jigsaw, 500 pieces", (2, 4)),
        (Part, "Postcard, mountains", (0,)),
        (Company, "Olive & Daughters", (9, 5)),
        (Company, "Uhl Paper Mill", ()),
        (Place, "Lake shore", (4, 3)),
        (Place, "Print room", (2,)),
    ),
}


def fill() -> Iterator[str]:
    """Fill an empty workshop through the visitors' form; tell of each organization."""
    photos = list(Photo.objects.filter(is_private=False)[:10])
    for name, samples in SAMPLES.items():
        organization = Organization.objects.create(name=name, slug=slugify(name))
        for model, title, places in samples:
            key = {"slug": slugify(title)} if model is Place else {}
            row = model.objects.create(organization=organization, name=title, **key)
            # A folder of photographs may have fewer.
            put(row, [photos[place % len(photos)] for place in places if photos])
        images = Image.objects.owned_by(organization)
        files = images.values("stored").distinct()
        yield f"{organization}: {images.count()} images in {files.count()} files"


def put(row: Row, photos: list[Photo]) -> None:
    """Upload the pictures of photos for a row, under names of the row's."""
    for number, photo in enumerate(photos, 1):
        suffix = Path(photo.image.name).suffix
        with photo.image.open() as file:
            upload = SimpleUploadedFile(f"{slugify(row)} {number}{suffix}", file.read())
        texts = {"title": photo.title, "alt_text": photo.alt_text}
        form = UploadForm(texts, {"files": [upload]}, row=row)
        if form.is_valid():
            form.attach()
