"""Rows whose files follow them, beside rows whose files stay, and big tables that name files."""

from django.db import models

from derived_images import AutoCleanupImageField, DerivedImagesManager


class Ours(models.Model):
    title = models.CharField(max_length=50)
    image = AutoCleanupImageField(upload_to="ours/")
    variants = DerivedImagesManager("image")


class Plain(models.Model):
    title = models.CharField(max_length=50)
    image = models.ImageField(upload_to="plain/")


class Indexed(models.Model):
    file = models.FileField(upload_to="documents/", db_index=True)


class Unindexed(models.Model):
    file = models.FileField(upload_to="documents/")
