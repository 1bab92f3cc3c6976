"""The pages. Photos and panoramas share all but the one that shows a single picture."""

from django.contrib.messages.views import SuccessMessageMixin
from django.core.files.uploadedfile import UploadedFile
from django.views import generic

from .inventory import entries_of, stored_files
from .models import Panorama, Photo

# Each side of the cube, its name, and where one looks to see it: degrees to the right, and up.
SIDES = (
    ("f", "front", 0, 0),
    ("r", "right", 90, 0),
    ("b", "back", 180, 0),
    ("l", "left", -90, 0),
    ("u", "up", 0, 90),
    ("d", "down", 0, -90),
)


class Visible:
    """Knows no picture that the visitor may not see."""

    def get_queryset(self):
        return super().get_queryset().visible_to(self.request.user)


class Written:
    """A form that asks the visitor for no more than is the visitor's to say."""

    def get_form(self, form_class=None):
        return super().get_form(form_class).for_visitor(self.request.user)


class Gallery(Visible, generic.ListView):
    context_object_name = "pictures"
    paginate_by = 100

    def get_context_data(self, **kwargs):
        hidden = self.model.objects.count() - self.get_queryset().count()
        card = f"gallery/_{self.model._meta.model_name}_card.html"
        return super().get_context_data(hidden=hidden, card=card, **kwargs)


class PhotoPage(Visible, generic.DetailView):
    model = Photo
    context_object_name = "picture"

    def get_context_data(self, **kwargs):
        others = self.get_queryset().exclude(pk=self.object.pk)[:6]
        return super().get_context_data(entries=entries_of(self.object), others=others, **kwargs)


class PanoramaPage(Visible, generic.DetailView):
    model = Panorama
    context_object_name = "picture"

    def get_context_data(self, **kwargs):
        tiles = self.object.cubes
        sides = [] if tiles.missing() else [(*side, tiles[f"tile_{side[0]}"]) for side in SIDES]
        entries = entries_of(self.object, "variants")
        return super().get_context_data(sides=sides, entries=entries, **kwargs)


class Upload(Written, SuccessMessageMixin, generic.CreateView):
    def get_success_message(self, cleaned_data):
        if self.object.missing():
            return f"“{self.object}” is in, but no variants could be made of it: is it damaged?"
        return f"“{self.object}” is in. Its variants were made just now."


class Replace(Visible, Written, SuccessMessageMixin, generic.UpdateView):
    context_object_name = "picture"
    template_name = "gallery/replace.html"

    def get_success_message(self, cleaned_data):
        if not isinstance(cleaned_data["image"], UploadedFile):
            return "Saved. The picture is the same, and so are its files."
        if self.object.missing():
            return "The picture is replaced, but no variants could be made of the new one."
        return "The picture is replaced: new files, new addresses, and the old ones are gone."

    def form_invalid(self, form):
        # The form has put the refused upload onto its own picture; the page shows the stored one.
        self.object = self.get_object()
        return super().form_invalid(form)


class Delete(Visible, SuccessMessageMixin, generic.DeleteView):
    context_object_name = "picture"
    template_name = "gallery/delete.html"

    def get_context_data(self, **kwargs):
        return super().get_context_data(entries=entries_of(self.object), **kwargs)

    def get_success_message(self, cleaned_data):
        return f"“{self.object}” is deleted, and every file of it is gone."


class Files(generic.TemplateView):
    template_name = "gallery/files.html"

    def get_context_data(self, **kwargs):
        # The workshop's have a folder of their own, and their libraries show them.
        stored = dict([*stored_files("photos/"), *stored_files("panoramas/")])
        pictures = [*Photo.objects.all(), *Panorama.objects.all()]
        owned = {entry.file.name for picture in pictures for entry in entries_of(picture)}
        visible = [
            picture
            for model in (Photo, Panorama)
            for picture in model.objects.visible_to(self.request.user)
        ]
        return super().get_context_data(
            owners=[(picture, entries_of(picture)) for picture in visible],
            hidden=len(pictures) - len(visible),
            strays={name: size for name, size in stored.items() if name not in owned},
            count=len(stored),
            size=sum(stored.values()),
            **kwargs,
        )
