"""A form for either model: visitors use it, and so does the command that fills the gallery."""

from django import forms

from .models import Panorama, Photo


class PhotoForm(forms.ModelForm):
    class Meta:
        model = Photo
        fields = ["image", "title", "alt_text", "is_private"]
        # Not the clearable one: a photo without its picture would be none.
        widgets = {"image": forms.FileInput}

    def for_visitor(self, user):
        """Return the form without what only those may say who see private pictures."""
        if not user.is_authenticated:
            del self.fields["is_private"]
        return self


class PanoramaForm(PhotoForm):
    class Meta(PhotoForm.Meta):
        model = Panorama
