"""Both models in the admin: what they hold is seen, and their variants are made again."""

from django.contrib import admin

from derived_images.admin import ImageAdminMixin

from .models import Panorama, Photo


@admin.register(Photo, Panorama)
class PictureAdmin(ImageAdminMixin, admin.ModelAdmin):
    list_display = ["thumbnail", "title", "uploaded_at"]
    list_display_links = ["thumbnail", "title"]
