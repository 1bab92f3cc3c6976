"""The gallery's addresses."""

from django.urls import path

from . import views

urlpatterns = [
    path("", views.Gallery.as_view(), name="gallery"),
    path("upload/", views.Upload.as_view(), name="upload"),
    path("files/", views.Files.as_view(), name="files"),
    path("photos/<int:pk>/", views.PhotoPage.as_view(), name="photo"),
    path("photos/<int:pk>/replace/", views.Replace.as_view(), name="replace"),
    path("photos/<int:pk>/delete/", views.Delete.as_view(), name="delete"),
]
