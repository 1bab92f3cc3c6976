"""The API's addresses: the library's, mounted in two places, then those of a client that is there."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from derived_images.rest import urls

from . import views

urlpatterns = [
    path("", views.ServerView.as_view()),
    path("image/", include(urls.attachments)),
    path("orgs/<slug:organization>/images/", include(urls.images)),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", SpectacularSwaggerView.as_view(), name="docs"),
    path("user/me/", views.MeView.as_view()),
    path("user/token/", views.TokenView.as_view()),
    path("part/", views.Parts.as_view()),
    path("part/<int:pk>/", views.OnePart.as_view()),
    path("company/", views.Companies.as_view()),
    path("company/<int:pk>/", views.OneCompany.as_view()),
]
