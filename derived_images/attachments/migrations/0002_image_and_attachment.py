import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

IMAGE_MODEL = getattr(settings, "DERIVED_IMAGES_IMAGE_MODEL", "derived_images_attachments.Image")


class Migration(migrations.Migration):
    dependencies = [
        ("contenttypes", "0002_remove_content_type_name"),
        ("derived_images_attachments", "0001_stored_image"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        migrations.swappable_dependency(IMAGE_MODEL),
    ]
    operations = [
        migrations.CreateModel(
            name="Image",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        primary_key=True, auto_created=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "stored",
                    models.ForeignKey(
                        "derived_images_attachments.StoredImage",
                        django.db.models.deletion.RESTRICT,
                        related_name="images",
                        editable=False,
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        max_length=255, blank=True, editable=False, verbose_name="name"
                    ),
                ),
                ("title", models.CharField(max_length=255, blank=True, verbose_name="title")),
                (
                    "alt_text",
                    models.CharField(
                        max_length=1000,
                        blank=True,
                        verbose_name="alt text",
                        help_text="What the image shows, for those who cannot see it.",
                    ),
                ),
                ("description", models.TextField(blank=True, verbose_name="description")),
                (
                    "creator",
                    models.ForeignKey(
                        settings.AUTH_USER_MODEL,
                        django.db.models.deletion.SET_NULL,
                        null=True,
                        blank=True,
                        editable=False,
                        related_name="+",
                    ),
                ),
                ("created", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("updated", models.DateTimeField(auto_now=True, verbose_name="updated")),
            ],
            options={
                "verbose_name": "image",
                "verbose_name_plural": "images",
                "ordering": ["-created", "-pk"],
                "swappable": "DERIVED_IMAGES_IMAGE_MODEL",
            },
        ),
        migrations.CreateModel(
            name="ImageAttachment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        primary_key=True, auto_created=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "image",
                    models.ForeignKey(
                        IMAGE_MODEL, django.db.models.deletion.CASCADE, related_name="attachments"
                    ),
                ),
                (
                    "content_type",
                    models.ForeignKey(
                        "contenttypes.contenttype",
                        django.db.models.deletion.CASCADE,
                        related_name="+",
                        editable=False,
                    ),
                ),
                ("object_int", models.BigIntegerField(null=True, editable=False)),
                ("object_uuid", models.UUIDField(null=True, editable=False)),
                ("object_str", models.CharField(max_length=255, null=True, editable=False)),
                (
                    "is_cover",
                    models.BooleanField(null=True, blank=True, default=None, verbose_name="cover"),
                ),
                ("order", models.PositiveIntegerField(blank=True, verbose_name="order")),
                (
                    "custom_title",
                    models.CharField(max_length=255, blank=True, verbose_name="title"),
                ),
                (
                    "custom_alt_text",
                    models.CharField(max_length=1000, blank=True, verbose_name="alt text"),
                ),
                ("custom_description", models.TextField(blank=True, verbose_name="description")),
            ],
            options={
                "verbose_name": "image on a row",
                "verbose_name_plural": "images on rows",
                "ordering": ["order", "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=["content_type", "object_int", "image"],
                        name="derived_images_attachments_imageattachment_image_object_int",
                    ),
                    models.UniqueConstraint(
                        fields=["content_type", "object_int", "is_cover"],
                        name="derived_images_attachments_imageattachment_is_cover_object_int",
                    ),
                    models.UniqueConstraint(
                        fields=["content_type", "object_uuid", "image"],
                        name="derived_images_attachments_imageattachment_image_object_uuid",
                    ),
                    models.UniqueConstraint(
                        fields=["content_type", "object_uuid", "is_cover"],
                        name="derived_images_attachments_imageattachment_is_cover_object_uuid",
                    ),
                    models.UniqueConstraint(
                        fields=["content_type", "object_str", "image"],
                        name="derived_images_attachments_imageattachment_image_object_str",
                    ),
                    models.UniqueConstraint(
                        fields=["content_type", "object_str", "is_cover"],
                        name="derived_images_attachments_imageattachment_is_cover_object_str",
                    ),
                    models.CheckConstraint(
                        condition=Q(object_int__isnull=False, object_uuid=None, object_str=None)
                        | Q(object_int=None, object_uuid__isnull=False, object_str=None)
                        | Q(object_int=None, object_uuid=None, object_str__isnull=False),
                        name="derived_images_attachments_imageattachment_one_key",
                    ),
                    models.CheckConstraint(
                        condition=Q(is_cover=None) | Q(is_cover=True),
                        name="derived_images_attachments_imageattachment_cover_or_null",
                    ),
                ],
            },
        ),
    ]
