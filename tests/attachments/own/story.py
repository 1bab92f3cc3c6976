"""The story of such a site."""

from io import StringIO

import django
import pytest

django.setup()

from django.apps import apps  # noqa: E402
from django.conf import settings  # noqa: E402
from django.core.exceptions import ValidationError  # noqa: E402
from django.core.management import CommandError, call_command  # noqa: E402
from django.db import connection  # noqa: E402

from derived_images.attachments import get_image_model  # noqa: E402
from derived_images.attachments.models import Image, ImageAttachment, StoredImage  # noqa: E402
from tests.attachments.own.models import Part, Picture, Team  # noqa: E402
from tests.pictures import picture  # noqa: E402

call_command("check", verbosity=0)
call_command("makemigrations", "--check", "--dry-run", verbosity=0)
call_command("migrate", verbosity=0)
assert "derived_images_attachments_image" not in connection.introspection.table_names()
assert Image not in apps.get_models()
assert get_image_model() is Picture

parts = [Part.objects.create(team=Team.objects.create(name=name)) for name in ("a", "b")]
attached = [part.attach(picture(), title="Cat") for part in parts]
images = list(Picture.objects.order_by("pk"))
assert [each.image for each in attached] == images
assert [each.owner for each in images] == [part.team for part in parts]
assert [each.stored.owner_key for each in images] == [f"team-{part.team.pk}" for part in parts]
assert ImageAttachment._meta.get_field("image").related_model is Picture

Picture.objects.upload(picture("dog.jpg", color="blue"), owner=parts[0].team, photographer="Ada")
assert list(Picture.objects.owned_by(parts[0].team).filter(photographer="Ada"))

unused = Picture.objects.unused().get()
unused.seen_by.add(parts[0].team)
assert Picture.objects.unused().get() == unused, "What it names does not use it."

images[0].owner = parts[1].team
with pytest.raises(ValidationError, match="is in another library"):
    images[0].save()

first, second = [parts[1].attach(picture(color=color)) for color in ("white", "black")]
goes = Part.objects.create(team=parts[1].team)
for picture_of in (attached[1].image, first.image):
    picture_of.made_for = goes
    picture_of.save()
goes.delete()
assert [each.is_cover for each in parts[1].images.all()] == [True], "Nothing took its place."
images[1] = parts[1].cover.image

nobodys = Part.objects.create()
with pytest.raises(ValidationError, match="A picture needs an owner"):
    nobodys.attach(picture("owl.jpg", color="green"))
nobodys.photo.save("owl.jpg", picture(color="green"))
assert not nobodys.images.exists()
for option in ("--dry-run", "--verbosity=0"):
    told = StringIO()
    with pytest.raises(CommandError, match="Not all could be moved"):
        call_command("adopt_images", "own.Part.photo", option, stdout=told)
    assert "'owl.jpg': A picture needs an owner." in told.getvalue()
nobodys.photo.delete()

parts[0].team.delete()
assert list(Picture.objects.all()) == [images[1]]
assert list(StoredImage.objects.all()) == [images[1].stored]
left = [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()]
assert [str(path.relative_to(settings.MEDIA_ROOT)) for path in left] == [images[1].file.name]
