"""The workshop's addresses."""

from django.urls import include, path

from . import views
from .forms import LibraryForm, UploadForm
from .models import Company, Part, Place


def pages_of(model):
    """Return the pages of one row, which are the same for all models."""
    of_row = {"model": model}
    upload = {"form_class": UploadForm, "template_name": "workshop/upload.html"}
    choose = {"form_class": LibraryForm, "template_name": "workshop/attach.html"}
    image = "images/<int:attachment>/"
    return include(
        [
            path("", views.RowPage.as_view(**of_row), name=model._meta.model_name),
            path("upload/", views.Attach.as_view(**of_row, **upload)),
            path("attach/", views.Attach.as_view(**of_row, **choose)),
            path(f"{image}texts/", views.Texts.as_view(**of_row)),
            path(f"{image}cover/", views.Cover.as_view(**of_row)),
            path(f"{image}up/", views.Move.as_view(**of_row, step=-1)),
            path(f"{image}down/", views.Move.as_view(**of_row, step=1)),
            path(f"{image}detach/", views.Detach.as_view(**of_row)),
        ]
    )


urlpatterns = [
    path("", views.Organizations.as_view(), name="workshop"),
    path("<slug:organization>/", views.OrganizationPage.as_view(), name="organization"),
    path("<slug:organization>/parts/<int:pk>/", pages_of(Part)),
    path("<slug:organization>/companies/<uuid:pk>/", pages_of(Company)),
    path("<slug:organization>/places/<slug:pk>/", pages_of(Place)),
    path("<slug:organization>/library/", views.ImageList.as_view(), name="library"),
    path("<slug:organization>/library/<int:pk>/delete/", views.DeleteImage.as_view()),
]
