"""The media view, and Django's own view beside it: `benchmarks.serving` compares them."""

from django.conf import settings
from django.urls import include, path
from django.views.static import serve

urlpatterns = [
    path("media/", include("derived_images.urls")),
    path("static-serve/<path:path>", serve, {"document_root": settings.MEDIA_ROOT}),
]
