"""A model with a focal point in Django's admin."""

from django.contrib import admin

from derived_images.admin import ImageAdminMixin
from tests.shop.models import Aimed, Photo


@admin.register(Aimed, Photo)
class PictureAdmin(ImageAdminMixin, admin.ModelAdmin):
    list_display = ["__str__", "thumbnail"]
