"""Fields of forms, without a browser; what they do in one is told in tests/browser."""

import pytest
from django import forms
from django.utils import translation

from derived_images.forms import FocusField
from tests.pictures import picture
from tests.shop.models import Aimed, Panorama

NAME = "aimed/cat_300x200_x7kq2mz9.jpg"


class AimedForm(forms.ModelForm):
    focus = FocusField(source="image", required=False, max_length=20)

    class Meta:
        model = Aimed
        fields = ["focus", "image"]


def attributes(form, name="focus"):
    return form[name].field.widget.attrs


def test_it_tells_the_script_where_the_picture_is():
    row = Aimed(image=NAME)

    assert attributes(AimedForm(instance=row)) == {
        "data-focus": "image",
        "data-focus-label": "Focus",
        "data-focus-room": "64 43",
        "data-focus-picture": row.variants.lg.url,
        "data-focus-text": "{x} from the left, {y} from the top",
        "maxlength": "20",
    }
    # The script looks for it beside the input, whatever that is called.
    assert attributes(AimedForm(instance=row, prefix="p"))["data-focus"] == "image"


def test_without_a_picture_there_is_none_to_point_at():
    assert attributes(AimedForm())["data-focus-picture"] == ""
    assert attributes(AimedForm(instance=Aimed(image=picture())))["data-focus-picture"] == ""


def test_forms_do_not_share_pictures():
    one, other = AimedForm(instance=Aimed(image=NAME)), AimedForm()

    assert attributes(one)["data-focus-picture"]
    assert not attributes(other)["data-focus-picture"]
    assert attributes(one)["data-focus-picture"]


def test_where_no_variant_shows_the_whole_it_is_the_original():
    class PanoramaForm(forms.ModelForm):
        focus = FocusField(source="image")

        class Meta:
            model = Panorama
            fields = ["image"]

    row = Panorama(image="panoramas/all_200x100_x7kq2mz9.jpg")

    assert attributes(PanoramaForm(instance=row))["data-focus-picture"] == row.image.url


@pytest.mark.parametrize("text", ["", "30% 70%"])
def test_it_takes_points_and_nothing(text):
    form = AimedForm({"focus": text}, instance=Aimed(image=NAME))

    assert form.is_valid(), form.errors
    assert form.cleaned_data["focus"] == text


@pytest.mark.parametrize("build", [AimedForm, forms.modelform_factory(Aimed, fields=["focus"])])
def test_forms_refuse_what_is_no_point_once(build):
    """With the field of ours, and with Django's."""
    form = build({"focus": "left"}, instance=Aimed(image=NAME))

    assert form.errors == {
        "focus": [
            "'left' is no focal point: give how far it is from the left and from the top, "
            "like 30% 70%."
        ]
    }


def test_a_help_text_of_the_projects_own_stays():
    assert FocusField(source="image", help_text="Where?").help_text == "Where?"
    with translation.override("de"):
        assert "30% 70%" in FocusField(source="image").help_text
