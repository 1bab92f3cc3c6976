from django.db import migrations, models


class Migration(migrations.Migration):
    """By itself: the first migration of a project's own model of images depends on it."""

    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="StoredImage",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        primary_key=True, auto_created=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "file",
                    models.ImageField(
                        upload_to="images/", max_length=255, db_index=True, editable=False
                    ),
                ),
                (
                    "owner_key",
                    models.CharField(max_length=255, default="", blank=True, editable=False),
                ),
                ("sha256", models.CharField(max_length=64, editable=False, verbose_name="SHA-256")),
                ("size", models.PositiveBigIntegerField(editable=False)),
                ("width", models.PositiveIntegerField(null=True, editable=False)),
                ("height", models.PositiveIntegerField(null=True, editable=False)),
            ],
            options={
                "verbose_name": "stored image",
                "verbose_name_plural": "stored images",
                "constraints": [
                    models.UniqueConstraint(
                        fields=["owner_key", "sha256"],
                        name="derived_images_attachments_storedimage_once",
                    )
                ],
            },
        ),
    ]
