"""URLs with the media view: at MEDIA_URL, and at another address for another storage."""

from django.urls import include, path

urlpatterns = [
    path("media/", include("derived_images.urls")),
    path("memory/", include("derived_images.urls"), {"storage": "memory"}),
]
