"""The app: loaded before any model is, so that it sees them all being prepared."""

from contextlib import suppress

from django.apps import AppConfig
from django.core import checks as registry

from derived_images import checks, handlers, mounts, pages, tasks
from derived_images.conf import setting

handlers.connect()


class DerivedImagesConfig(AppConfig):
    """Thumbnails, crops and other derived images."""

    name = "derived_images"
    verbose_name = "Derived images"

    def ready(self) -> None:
        registry.register(checks.check_managers, registry.Tags.models)
        registry.register(checks.check_settings)
        # A worker must know its task before it is handed any. What is wrong a check tells.
        with suppress(Exception):
            if setting("PROCESSOR") in tasks.PROCESSORS:
                tasks.processor()
        registry.register(pages.check_templates, registry.Tags.templates)
        registry.register(mounts.check_media_view, registry.Tags.urls)
        registry.register(mounts.check_authorization, registry.Tags.security, deploy=True)
