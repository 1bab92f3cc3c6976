"""The forms that put images on a row: visitors use them, and so does what fills the workshop."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import format_html

from derived_images.attachments.models import Image, ImageAttachment


class FilesInput(forms.FileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Takes several files. Whether they are images, `attach()` says of each."""

    widget = FilesInput

    def clean(self, data, initial=None):
        clean = super().clean
        return [clean(file, initial) for file in data or [None]]


class RowForm(forms.Form):
    """Puts images on a row."""

    def __init__(self, *args, row, **kwargs):
        super().__init__(*args, **kwargs)
        self.row = row


class UploadForm(RowForm):
    files = FilesField(label="Pictures", help_text="One or several: JPEG, PNG, WebP, GIF or AVIF.")
    title = forms.CharField(max_length=255, required=False)
    alt_text = forms.CharField(
        label="Description",
        max_length=1000,
        required=False,
        help_text="What the picture shows, for those who cannot see it.",
    )

    def attach(self):
        """Attach each file that can be; say of the others why not. Return the attachments."""
        texts = {name: self.cleaned_data[name] for name in ("title", "alt_text")}
        attached = []
        for file in self.cleaned_data["files"]:
            try:
                attached.append(self.row.attach(file, **texts))
            except ValidationError as error:
                self.add_error("files", [f"{file.name}: {reason}" for reason in error.messages])
        return attached


class ImageField(forms.ModelChoiceField):
    """Lets one choose an image by its thumbnail."""

    widget = forms.RadioSelect

    def label_from_instance(self, image):
        thumb = image.variants.thumb
        return format_html(
            '<img src="{}" alt="" width="{}" height="{}" loading="lazy">'
            "<span>{} <code>{}</code></span>",
            thumb.url,
            thumb.width,
            thumb.height,
            image.title,
            image.name,
        )


class LibraryForm(RowForm):
    """Offers what is in the library of the row's organization, and not on the row."""

    image = ImageField(Image.objects.none())

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        library = Image.objects.owned_by(self.row.organization).select_related("stored")
        attached = self.row.images.values("image")
        self.fields["image"].queryset = library.exclude(pk__in=attached)

    def attach(self):
        """Attach the image, or say why not. Return the attachments: one, or none."""
        try:
            return [self.row.attach(self.cleaned_data["image"])]
        except ValidationError as error:
            self.add_error("image", error)
            return []


class TextsForm(forms.ModelForm):
    """What an image says on one row; on others it says what it said before."""

    class Meta:
        model = ImageAttachment
        fields = ["custom_title", "custom_alt_text", "custom_description"]
        labels = {"custom_alt_text": "Description", "custom_description": "Notes"}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            own = getattr(self.instance.image, name.removeprefix("custom_"))
            field.help_text = f"If it stays empty: “{own}”" if own else ""
