"""The packages of the field, each told to make the same four variants, as its documentation says.

What a package cannot be told is written down here and in the report: `note`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import models

#: Variant → the square that it fits in, in pixels, and its quality.
VARIANTS = {"thumb": (160, 65), "sm": (640, 80), "md": (1024, 85), "lg": (2048, 85)}
EDGES = [edge for edge, _ in VARIANTS.values()]
#: Format → what encoders are told beside the quality, wherever they can be told.
OPTIONS: dict[str, dict[str, Any]] = {
    "webp": {},
    "jpeg": {"progressive": True, "optimize": True},
    "png": {},
}

#: Stores an upload on a new row, and returns when all of its variants are stored.
Upload = Callable[[UploadedFile], object]


@dataclass(frozen=True)
class Package:
    """How a package is set up and used."""

    label: str
    #: What pip calls it.
    distribution: str
    #: Declares a model for a format, and returns how a file is uploaded.
    declare: Callable[[str], Upload]
    apps: tuple[str, ...] = ()
    #: Format → the settings of a project.
    settings: Callable[[str], dict[str, Any]] = field(default=lambda _: {})
    #: "ours", "pillow", "vips", or "bound": no package, but what there is to be reached.
    kind: str = "pillow"
    note: str = ""


def quality_at(width: int) -> int:
    """Return the quality of the variant of this width."""
    return dict(VARIANTS.values())[width]


def derived_images(format: str) -> Upload:
    from derived_images import AutoCleanupImageField, DerivedImagesManager, Fit

    class Photo(models.Model):
        image = AutoCleanupImageField(upload_to="photos/")
        variants = DerivedImagesManager(
            "image",
            {
                name: Fit(edge, edge, format=format, quality=quality)
                for name, (edge, quality) in VARIANTS.items()
            },
        )

        class Meta:
            app_label = "peers"

    return lambda upload: Photo.objects.create(image=upload)


def stdimage(format: str) -> Upload:
    from stdimage.models import JPEGField, JPEGFieldFile

    class EncodedFile(JPEGFieldFile):
        @classmethod
        def get_variation_name(cls, file_name: str, variation_name: str) -> str:
            return f"{super().get_variation_name(file_name, variation_name)}.{format}"

    class EncodedField(JPEGField):
        attr_class = EncodedFile

    def variation(edge: int, quality: int) -> dict[str, Any]:
        told = {"format": format.upper(), "quality": quality, **OPTIONS[format]}
        return {"width": edge, "height": edge, "kwargs": told}

    class Photo(models.Model):
        image = EncodedField(
            upload_to="photos/",
            variations={name: variation(*each) for name, each in VARIANTS.items()},
        )

        class Meta:
            app_label = "peers"

    return lambda upload: Photo.objects.create(image=upload)


def pictures(format: str) -> Upload:
    import io

    from pictures.models import PictureField, PillowPicture

    class QualityPicture(PillowPicture):
        # Its own save() with a quality: no setting tells one.
        def save(self, image: Any) -> None:
            with io.BytesIO() as buffer:
                told = {"quality": quality_at(self.width), **OPTIONS[format]}
                self.resize(image).save(
                    buffer, format=self.file_type, exif=b"", icc_profile=b"", **told
                )
                self.storage.delete(self.name)
                self.storage.save(self.name, ContentFile(buffer.getvalue()))

    # The setting PICTURE_CLASS finds it by name.
    globals()["QualityPicture"] = QualityPicture
    QualityPicture.__qualname__ = "QualityPicture"

    class Photo(models.Model):
        image = PictureField(
            upload_to="photos/", width_field="image_width", height_field="image_height"
        )
        image_width = models.PositiveIntegerField(editable=False)
        image_height = models.PositiveIntegerField(editable=False)

        class Meta:
            app_label = "peers"

    return lambda upload: Photo.objects.create(image=upload)


def pictures_settings(format: str) -> dict[str, Any]:
    tasks = {"BACKEND": "django.tasks.backends.immediate.ImmediateBackend"}
    return {
        "PICTURES": {
            "CONTAINER_WIDTH": EDGES[0],
            "GRID_COLUMNS": 1,
            "PIXEL_DENSITIES": [edge / EDGES[0] for edge in EDGES],
            "FILE_TYPES": [format.upper()],
            "USE_PLACEHOLDERS": False,
            "PICTURE_CLASS": "benchmarks.peers.packages.QualityPicture",
        },
        "TASKS": {"default": {**tasks, "QUEUES": ["default", "pictures"]}},
    }


def easy_thumbnails(format: str) -> Upload:
    from easy_thumbnails.fields import ThumbnailerImageField
    from easy_thumbnails.signal_handlers import generate_aliases_global
    from easy_thumbnails.signals import saved_file

    saved_file.connect(generate_aliases_global)

    class Photo(models.Model):
        image = ThumbnailerImageField(upload_to="photos/")

        class Meta:
            app_label = "peers"

    return lambda upload: Photo.objects.create(image=upload)


def easy_thumbnails_settings(format: str) -> dict[str, Any]:
    aliases = {
        name: {"size": (edge, edge), "quality": quality}
        for name, (edge, quality) in VARIANTS.items()
    }
    return {
        "THUMBNAIL_ALIASES": {"": aliases},
        "THUMBNAIL_EXTENSION": "jpg" if format == "jpeg" else format,
    }


def sorl(format: str) -> Upload:
    from sorl.thumbnail import ImageField, get_thumbnail

    class Photo(models.Model):
        image = ImageField(upload_to="photos/")

        class Meta:
            app_label = "peers"

    def upload(file: UploadedFile) -> None:
        photo = Photo.objects.create(image=file)
        for edge, quality in VARIANTS.values():
            get_thumbnail(photo.image, f"{edge}x{edge}", format=format.upper(), quality=quality)

    return upload


def imagekit(format: str) -> Upload:
    from imagekit.models import ImageSpecField
    from imagekit.processors import ResizeToFit

    def spec(edge: int, quality: int) -> Any:
        return ImageSpecField(
            source="image",
            processors=[ResizeToFit(edge, edge)],
            format=format.upper(),
            options={"quality": quality, **OPTIONS[format]},
        )

    class Photo(models.Model):
        image = models.ImageField(upload_to="photos/")
        thumb, sm, md, lg = (spec(*each) for each in VARIANTS.values())

        class Meta:
            app_label = "peers"

    return lambda upload: Photo.objects.create(image=upload)


def versatileimagefield(format: str) -> Upload:
    import io

    try:
        import magic  # noqa: F401
    except ImportError:  # This machine has no libmagic: there is a wheel that brings one.
        import pylibmagic  # noqa: F401
    from versatileimagefield.fields import VersatileImageField
    from versatileimagefield.image_warmer import VersatileImageFieldWarmer
    from versatileimagefield.registry import versatileimagefield_registry as registry
    from versatileimagefield.versatileimagefield import ThumbnailImage

    class EncodedImage(ThumbnailImage):
        filename_key = "encoded"

        def process_image(
            self, image: Any, image_format: str, save_kwargs: Any, width: int, height: int
        ) -> io.BytesIO:
            told = {"format": format.upper(), "quality": quality_at(width), **OPTIONS[format]}
            return super().process_image(
                image, image_format, {**save_kwargs, **told}, width, height
            )

    registry.register_sizer("encoded", EncodedImage)

    class Photo(models.Model):
        image = VersatileImageField(upload_to="photos/")

        class Meta:
            app_label = "peers"

    sizes = [(name, f"encoded__{edge}x{edge}") for name, (edge, _) in VARIANTS.items()]

    def upload(file: UploadedFile) -> None:
        photo = Photo.objects.create(image=file)
        VersatileImageFieldWarmer(photo, sizes, "image").warm()

    return upload


def pyvips_cascade(format: str) -> Upload:
    import pyvips

    photo_model = plain_model()
    options = {"interlace": True, "optimize_coding": True} if format == "jpeg" else {}

    def upload(file: UploadedFile) -> None:
        photo = photo_model.objects.create(image=file)
        image = pyvips.Image.thumbnail(photo.image.path, EDGES[-1], height=EDGES[-1], size="down")
        for edge, quality in sorted(VARIANTS.values(), reverse=True):
            image = image.thumbnail_image(edge, height=edge, size="down").copy_memory()
            told = {**options, "keep": "none"} | ({} if format == "png" else {"Q": quality})
            encoded = image.write_to_buffer(f".{format}", **told)
            photo.image.storage.save(f"{photo.image.name}_{edge}.{format}", ContentFile(encoded))

    return upload


def plain(format: str) -> Upload:
    photo_model = plain_model()
    return lambda upload: photo_model.objects.create(image=upload)


def plain_model() -> type[models.Model]:
    class Photo(models.Model):
        image = models.ImageField(upload_to="photos/")

        class Meta:
            app_label = "peers"

    return Photo


PACKAGES = {
    "derived_images": Package(
        "derived-images", "derived-images", derived_images, ("derived_images",), kind="ours"
    ),
    "stdimage": Package(
        "django-stdimage",
        "django-stdimage",
        stdimage,
        ("stdimage",),
        note="Writes JPEG, or the source's format. Told another format through the options of a "
        "`JPEGField`'s variations; its files are named by a subclass.",
    ),
    "pictures": Package(
        "django-pictures",
        "django-pictures",
        pictures,
        ("pictures",),
        pictures_settings,
        note="Has no setting for quality: told through `PICTURE_CLASS`. Its widths are a grid's: "
        "one column of 160 pixels in densities of 1, 4, 6.4 and 12.8.",
    ),
    "easy_thumbnails": Package(
        "easy-thumbnails",
        "easy-thumbnails",
        easy_thumbnails,
        ("easy_thumbnails",),
        easy_thumbnails_settings,
        note="Aliases, made when a file is saved (`generate_aliases_global`).",
    ),
    "sorl": Package(
        "sorl-thumbnail (Pillow)",
        "sorl-thumbnail",
        sorl,
        ("sorl.thumbnail",),
        note="Makes thumbnails when they are first asked for: the four are, after the upload.",
    ),
    "sorl_vips": Package(
        "sorl-thumbnail (vips)",
        "sorl-thumbnail",
        sorl,
        ("sorl.thumbnail",),
        lambda _: {"THUMBNAIL_ENGINE": "sorl.thumbnail.engines.vips_engine.Engine"},
        kind="vips",
        note="As above, with its engine for libvips.",
    ),
    "imagekit": Package(
        "django-imagekit",
        "django-imagekit",
        imagekit,
        ("imagekit",),
        lambda _: {
            "IMAGEKIT_DEFAULT_CACHEFILE_STRATEGY": "imagekit.cachefiles.strategies.Optimistic"
        },
        note="The strategy `Optimistic`, which makes files when the source is saved.",
    ),
    "versatileimagefield": Package(
        "django-versatileimagefield",
        "django-versatileimagefield",
        versatileimagefield,
        ("versatileimagefield",),
        note="Writes the source's format in one quality for all: format and qualities are told by "
        "a sizer, a subclass of its own. Warmed after the upload, as it documents.",
    ),
    "pyvips": Package(
        "pyvips, one decode in a cascade",
        "pyvips",
        pyvips_cascade,
        kind="bound",
        note="No package: thirty lines by hand, to the local disk only.",
    ),
    "plain": Package(
        "a plain ImageField",
        "Django",
        plain,
        kind="bound",
        note="The upload alone, without any variant.",
    ),
}
