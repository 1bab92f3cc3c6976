"""The API below a version, as REST framework's `URLPathVersioning` wants it."""

from django.urls import include, path

from derived_images.rest import urls

urlpatterns = [path("api/<str:version>/library/", include(urls.library))]
