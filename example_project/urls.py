"""The example's addresses."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("gallery.urls")),
    path("workshop/", include("workshop.urls")),
    path("api/", include("api.urls")),
    path("media/", include("derived_images.urls")),
]
