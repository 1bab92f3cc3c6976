"""A form for either model: visitors use it, and so does the command that fills the gallery."""

from django import forms

from .models import Panorama, Photo


class PhotoForm(forms.ModelForm):
    class Meta:
        model = Photo
        fields = ["image", "title", "alt_text"]
        # Not the clearable one: a photo without its picture would be none.
        widgets = {"image": forms.FileInput}


class PanoramaForm(PhotoForm):
    class Meta(PhotoForm.Meta):
        model = Panorama
