"""The gallery's addresses."""

from django.contrib.auth.views import LogoutView
from django.templatetags.static import static
from django.urls import path, reverse_lazy
from django.views.generic import RedirectView

from . import views
from .forms import PanoramaForm, PhotoForm
from .models import Panorama, Photo
from .policies import with_styles

PHOTOS = {"model": Photo, "form_class": PhotoForm}
PANORAMAS = {"model": Panorama, "form_class": PanoramaForm}

urlpatterns = [
    path("", with_styles(views.Gallery.as_view(model=Photo)), name="gallery"),
    path("upload/", views.Upload.as_view(**PHOTOS), name="upload"),
    path("photos/<int:pk>/", with_styles(views.PhotoPage.as_view()), name="photo"),
    path("photos/<int:pk>/replace/", views.Replace.as_view(**PHOTOS)),
    path(
        "photos/<int:pk>/delete/",
        views.Delete.as_view(model=Photo, success_url=reverse_lazy("gallery")),
    ),
    path("panoramas/", with_styles(views.Gallery.as_view(model=Panorama)), name="panoramas"),
    path("panoramas/upload/", views.Upload.as_view(**PANORAMAS), name="panorama-upload"),
    path("panoramas/<int:pk>/", with_styles(views.PanoramaPage.as_view()), name="panorama"),
    path("panoramas/<int:pk>/replace/", views.Replace.as_view(**PANORAMAS)),
    path(
        "panoramas/<int:pk>/delete/",
        views.Delete.as_view(model=Panorama, success_url=reverse_lazy("panoramas")),
    ),
    path("favicon.ico", RedirectView.as_view(url=static("gallery/icon.svg"))),
    path("logout/", LogoutView.as_view(next_page="gallery"), name="logout"),
    path("files/", views.Files.as_view(), name="files"),
]
