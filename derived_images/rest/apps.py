"""The app of the wing."""

from django.apps import AppConfig, apps
from django.core import checks as registry


class RestConfig(AppConfig):
    """A REST API over images on rows."""

    name = "derived_images.rest"
    label = "derived_images_rest"
    verbose_name = "Images, by REST"

    def ready(self) -> None:
        # `VariantsField` needs no images on rows.
        has_images = apps.is_installed("derived_images.attachments")
        if has_images:
            from derived_images.rest import checks

            registry.register(checks.check_owners, registry.Tags.urls)
        if apps.is_installed("drf_spectacular"):
            from derived_images.rest import field_schema  # noqa: F401
        if apps.is_installed("drf_spectacular") and has_images:
            from derived_images.rest import schema  # noqa: F401
