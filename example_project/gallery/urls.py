"""The gallery's addresses."""

from django.urls import path, reverse_lazy

from . import views
from .forms import PanoramaForm, PhotoForm
from .models import Panorama, Photo

PHOTOS = {"model": Photo, "form_class": PhotoForm}
PANORAMAS = {"model": Panorama, "form_class": PanoramaForm}

urlpatterns = [
    path("", views.Gallery.as_view(model=Photo), name="gallery"),
    path("upload/", views.Upload.as_view(**PHOTOS), name="upload"),
    path("photos/<int:pk>/", views.PhotoPage.as_view(), name="photo"),
    path("photos/<int:pk>/replace/", views.Replace.as_view(**PHOTOS)),
    path(
        "photos/<int:pk>/delete/",
        views.Delete.as_view(model=Photo, success_url=reverse_lazy("gallery")),
    ),
    path("panoramas/", views.Gallery.as_view(model=Panorama), name="panoramas"),
    path("panoramas/upload/", views.Upload.as_view(**PANORAMAS), name="panorama-upload"),
    path("panoramas/<int:pk>/", views.PanoramaPage.as_view(), name="panorama"),
    path("panoramas/<int:pk>/replace/", views.Replace.as_view(**PANORAMAS)),
    path(
        "panoramas/<int:pk>/delete/",
        views.Delete.as_view(model=Panorama, success_url=reverse_lazy("panoramas")),
    ),
    path("files/", views.Files.as_view(), name="files"),
]
