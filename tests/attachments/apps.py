"""The app that lets images be attached to a model of another one."""

from django.apps import AppConfig


class ShopWithImagesConfig(AppConfig):
    name = "tests.attachments"
    label = "tests_attachments"

    def ready(self):
        from derived_images.attachments import register
        from tests.attachments.warehouse.models import Crate

        register(Crate)
