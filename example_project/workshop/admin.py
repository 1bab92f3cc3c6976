"""Parts, companies and places in the admin, each with its images."""

from django.contrib import admin

from derived_images.attachments.admin import ImagesInline

from .models import Company, Part, Place


@admin.register(Part, Company, Place)
class RowAdmin(admin.ModelAdmin):
    list_display = ["name", "organization"]
    inlines = [ImagesInline]
