"""Rows with images in Django's admin."""

from django.contrib import admin

from derived_images.attachments.admin import ImagesInline
from tests.attachments.models import (
    Badge,
    Company,
    Logo,
    OnlyOne,
    Organization,
    Part,
    PartProxy,
    Place,
    Restaurant,
    Shelf,
)


@admin.register(Part, Company, Place, Restaurant, Badge, Shelf, OnlyOne)
class RowAdmin(admin.ModelAdmin):
    exclude = ["organization"]
    save_as = True
    inlines = [ImagesInline]

    def save_model(self, request, obj, form, change):
        """Say whose it is, if the address does."""
        if "owner" in request.GET:
            obj.organization = Organization.objects.get(name=request.GET["owner"])
        super().save_model(request, obj, form, change)


@admin.register(PartProxy)
class HandedAdmin(admin.ModelAdmin):
    """Lets a row change hands."""

    fields = ["organization"]
    save_as = True
    inlines = [ImagesInline]


admin.site.register(Logo)
