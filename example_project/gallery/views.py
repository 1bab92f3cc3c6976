"""The pages."""

from django.contrib.messages.views import SuccessMessageMixin
from django.core.files.uploadedfile import UploadedFile
from django.urls import reverse_lazy
from django.views import generic

from .forms import PhotoForm
from .inventory import entries_of, stored_files
from .models import Photo


class Gallery(generic.ListView):
    model = Photo
    paginate_by = 24


class PhotoPage(generic.DetailView):
    model = Photo

    def get_context_data(self, **kwargs):
        return super().get_context_data(entries=entries_of(self.object), **kwargs)


class Upload(SuccessMessageMixin, generic.CreateView):
    model = Photo
    form_class = PhotoForm

    def get_success_message(self, cleaned_data):
        if self.object.variants.missing():
            return f"“{self.object}” is in, but no variants could be made of it: is it damaged?"
        return f"“{self.object}” is in. Its variants were made just now."


class Replace(SuccessMessageMixin, generic.UpdateView):
    model = Photo
    form_class = PhotoForm
    template_name = "gallery/photo_replace.html"

    def get_success_message(self, cleaned_data):
        if not isinstance(cleaned_data["image"], UploadedFile):
            return "Saved. The picture is the same, and so are its files."
        if self.object.variants.missing():
            return "The picture is replaced, but no variants could be made of the new one."
        return "The picture is replaced: new files, new addresses, and the old ones are gone."

    def form_invalid(self, form):
        # The form has put the refused upload onto its own photo; the page shows the stored one.
        self.object = self.get_object()
        return super().form_invalid(form)


class Delete(SuccessMessageMixin, generic.DeleteView):
    model = Photo
    success_url = reverse_lazy("gallery")

    def get_context_data(self, **kwargs):
        return super().get_context_data(entries=entries_of(self.object), **kwargs)

    def get_success_message(self, cleaned_data):
        return f"“{self.object}” is deleted, and every file of it is gone."


class Files(generic.TemplateView):
    template_name = "gallery/files.html"

    def get_context_data(self, **kwargs):
        stored = dict(stored_files())
        photos = [(photo, entries_of(photo)) for photo in Photo.objects.all()]
        owned = {entry.file.name for _, entries in photos for entry in entries}
        return super().get_context_data(
            photos=photos,
            strays={name: size for name, size in stored.items() if name not in owned},
            count=len(stored),
            size=sum(stored.values()),
            **kwargs,
        )
