from django.db import migrations, models

PRIVATE = models.BooleanField(
    default=False, help_text="Only those who have logged in see it.", verbose_name="private"
)


class Migration(migrations.Migration):
    dependencies = [("gallery", "0002_panorama")]

    operations = [
        migrations.AddField("panorama", "is_private", PRIVATE),
        migrations.AddField("photo", "is_private", PRIVATE),
    ]
