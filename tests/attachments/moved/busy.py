"""The story of four who work at the same time on SQLite: each waits for the others, none fails."""

import threading

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from derived_images.attachments.models import Image  # noqa: E402
from tests.attachments.moved.models import Product  # noqa: E402
from tests.pictures import picture  # noqa: E402

ROUNDS = 25
COLORS = ("red", "lime", "blue", "white")

failed = []


def work(product, color):
    try:
        for _ in range(ROUNDS):
            attachment = product.attach(picture(color=color), title=color)
            image = Image.objects.get(pk=attachment.image_id)
            image.title = f"{color}, again"
            image.save()
            product.attach(picture(color="black"))
            product.reorder(attachment, 1)
            product.set_cover(attachment)
            product.detach(attachment)
            image.delete()
            Image.objects.filter(attachments__object_int=product.pk).delete()
    except Exception as error:
        failed.append(error)
    finally:
        connection.close()


call_command("migrate", verbosity=0)
products = [Product.objects.create(name=color) for color in COLORS]
threads = [threading.Thread(target=work, args=each) for each in zip(products, COLORS, strict=True)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert not failed, failed
assert not Image.objects.exists()
