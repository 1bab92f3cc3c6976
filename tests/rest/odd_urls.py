"""The API in odd places: below a version, a path with slashes, and a group without a name."""

from django.urls import include, path, re_path

from derived_images.rest import urls

urlpatterns = [
    path("api/<str:version>/library/", include(urls.images)),
    re_path(r"^unnamed/(\w+)/", include(urls.images)),
    path("<path:organization>/images/", include(urls.images)),
]
