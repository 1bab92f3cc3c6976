"""What requests may say."""

import pytest

from derived_images.rest import bodies
from tests.pictures import picture

ROW = {"content_type": "shop.part", "object_id": "1"}


@pytest.mark.parametrize(
    ("body", "data", "message"),
    [
        (bodies.Attach, {}, "Give one of these: ids, file."),
        (bodies.Attach, {"ids": [1], "file": picture()}, "Give one of these: ids, file."),
        (bodies.AttachToRow, ROW, "Give one of these: file, image_id, image_name."),
        (
            bodies.AttachToRow,
            ROW | {"image_id": 1, "image_name": "a.jpg"},
            "Give one of these: file, image_id, image_name.",
        ),
        (bodies.Keys, {}, "This field is required."),
        (bodies.Keys, {"ids": []}, "This list may not be empty."),
        (bodies.Keys, {"ids": [0]}, "Ensure this value is greater than or equal to 1."),
        (bodies.Keys, {"ids": ["x"]}, "A valid integer is required."),
        (bodies.Keys, {"ids": [1] * 501}, "Ensure this field has no more than 500 elements."),
        (
            bodies.Key,
            {"id": 2**63},
            "Ensure this value is less than or equal to 9223372036854775807.",
        ),
        (bodies.Texts, {"title": "x" * 256}, "Ensure this field has no more than 255 characters."),
        (bodies.Texts, {"title": "\0"}, "Null characters are not allowed."),
        (bodies.Files, {"files": []}, "This list may not be empty."),
    ],
)
def test_what_is_wrong_is_told(body, data, message):
    serializer = body(data=data)
    assert not serializer.is_valid()
    assert message in str(serializer.errors)


def test_texts_are_those_that_were_given():
    assert bodies.texts_of({"title": "", "file": None, "alt_text": "A bolt."}) == {
        "title": "",
        "alt_text": "A bolt.",
    }
