from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("moved", "0002_move_images")]
    operations = [migrations.RemoveField("product", "photo")]
