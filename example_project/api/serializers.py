"""Rows as InvenTree's client knows them. What they say of their image, the library's mixin says."""

from rest_framework import serializers
from workshop.models import Company, Part

from derived_images.rest import ImageSerializerMixin


class PartSerializer(ImageSerializerMixin, serializers.ModelSerializer):
    class Meta:
        model = Part
        fields = ["pk", "name"]


class CompanySerializer(ImageSerializerMixin, serializers.ModelSerializer):
    # The client wants a number, and a UUID is one, if a long one.
    pk = serializers.IntegerField(source="pk.int", read_only=True)

    class Meta:
        model = Company
        fields = ["pk", "name"]
