from django.db import migrations

from derived_images.attachments import MoveImages


class Migration(migrations.Migration):
    dependencies = [
        ("moved", "0001_initial"),
        ("derived_images_attachments", "0002_image_and_attachment"),
    ]
    atomic = False
    operations = [MoveImages("moved.Product", "photo")]
