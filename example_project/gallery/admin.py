"""Both models in the admin: an ordinary image field there, with thumbnails that cost no query."""

from django.contrib import admin
from django.utils.html import format_html

from .models import Panorama, Photo


@admin.register(Photo, Panorama)
class PictureAdmin(admin.ModelAdmin):
    list_display = ["title", "thumbnail", "uploaded_at"]

    @admin.display(description="picture")
    def thumbnail(self, picture):
        thumb = picture.variants.thumb
        return format_html(
            '<img src="{}" alt="" width="{}" height="{}">', thumb.url, thumb.width, thumb.height
        )
