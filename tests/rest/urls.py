"""The API, mounted in three ways, and what OpenAPI says of it."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

from derived_images.rest import urls

urlpatterns = [
    path("api/image/", include(urls.attachments)),
    path("api/library/", include(urls.images)),
    path("orgs/<str:organization>/images/", include(urls.images)),
    path("schema/", SpectacularAPIView.as_view()),
]
