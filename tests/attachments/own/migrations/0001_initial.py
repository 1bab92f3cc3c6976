import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("derived_images_attachments", "0001_stored_image"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Team",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=50)),
            ],
        ),
        migrations.CreateModel(
            name="Picture",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        blank=True, editable=False, max_length=255, verbose_name="name"
                    ),
                ),
                ("title", models.CharField(blank=True, max_length=255, verbose_name="title")),
                (
                    "alt_text",
                    models.CharField(
                        blank=True,
                        help_text="What the image shows, for those who cannot see it.",
                        max_length=1000,
                        verbose_name="alt text",
                    ),
                ),
                ("description", models.TextField(blank=True, verbose_name="description")),
                ("created", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("updated", models.DateTimeField(auto_now=True, verbose_name="updated")),
                ("photographer", models.CharField(blank=True, max_length=50)),
                (
                    "creator",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "stored",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="images",
                        to="derived_images_attachments.storedimage",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="own.team"),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Part",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.CASCADE, to="own.team"
                    ),
                ),
                ("photo", models.ImageField(blank=True, upload_to="")),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.AddField(
            "picture",
            "seen_by",
            models.ManyToManyField(related_name="+", to="own.team"),
        ),
        migrations.AddField(
            "picture",
            "made_for",
            models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.CASCADE, to="own.part"
            ),
        ),
    ]
