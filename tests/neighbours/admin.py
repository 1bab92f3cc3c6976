"""The models in Django's admin, with a thumbnail in the list and on the form."""

from django.contrib import admin
from django.utils.html import format_html

from tests.neighbours.models import Card, Picture


@admin.register(Picture, Card)
class IllustratedAdmin(admin.ModelAdmin):
    list_display = ("title", "image", "thumbnail")
    readonly_fields = ("thumbnail",)

    def thumbnail(self, row):
        return format_html('<img src="{}" alt="">', row.variants.thumb.url) if row.image else ""
