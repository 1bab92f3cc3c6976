from django.db import migrations, models

import gallery.models


class Migration(migrations.Migration):
    dependencies = [("gallery", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="Panorama",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("title", models.CharField(max_length=100)),
                (
                    "alt_text",
                    models.CharField(
                        blank=True,
                        help_text="What the picture shows, for those who cannot see it.",
                        max_length=250,
                        verbose_name="description",
                    ),
                ),
                ("uploaded_at", models.DateTimeField(auto_now_add=True)),
                (
                    "image",
                    models.ImageField(
                        db_index=True,
                        upload_to="panoramas/",
                        validators=[gallery.models.validate_shape],
                        verbose_name="picture",
                    ),
                ),
            ],
            options={
                "ordering": ["-uploaded_at", "-pk"],
                "abstract": False,
            },
        ),
    ]
