"""Both models in the admin: an ordinary image field there, with thumbnails that cost no query."""

from django.contrib import admin

from derived_images.admin import ImageAdminMixin
from derived_images.markup import img

from .models import Panorama, Photo


@admin.register(Photo, Panorama)
class PictureAdmin(ImageAdminMixin, admin.ModelAdmin):
    list_display = ["title", "thumbnail", "uploaded_at"]

    @admin.display(description="picture")
    def thumbnail(self, picture):
        return img(picture.variants, "thumb", alt="")
