"""The app of the wing."""

from django.apps import AppConfig
from django.core import checks as registry
from django.utils.translation import gettext_lazy as _


class AttachmentsConfig(AppConfig):
    """Images on any model."""

    name = "derived_images.attachments"
    label = "derived_images_attachments"
    verbose_name = _("Images")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from derived_images.attachments import checks, handlers

        handlers.connect()
        registry.register(checks.check_attachments, registry.Tags.models)
