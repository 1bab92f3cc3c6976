"""What a page says of pictures, read as a browser reads it: tags and attributes, never substrings."""

from __future__ import annotations

import base64
import io
from html.parser import HTMLParser

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.db import models
from django.test import override_settings
from django.test.utils import isolate_apps
from django.utils import translation
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy
from jinja2 import Environment
from PIL import Image

from derived_images import AutoCleanupImageField, DerivedImagesManager, Fill, Fit, Recipe
from derived_images.markup import img, picture, source, srcset
from derived_images.recipes import also_in
from tests.pictures import picture as upload
from tests.shop.models import Aimed, Panorama, Photo, Plain

with isolate_apps("tests.shop"):

    class Odd(models.Model):
        image = AutoCleanupImageField()
        variants = DerivedImagesManager(
            "image", {"sm": Fit(32, 32), "sm_avif": Fit(16, 16, format="avif")}
        )

        class Meta:
            app_label = "shop"

    class Uneven(models.Model):
        image = AutoCleanupImageField()
        variants = DerivedImagesManager(
            "image", {**also_in({"sm": Fit(32, 32)}, avif=60), "lg": Fit(64, 64)}
        )

        class Meta:
            app_label = "shop"

    class Raising(Fill):
        kind = "raising"

        def dimensions(self, source_dimensions):
            raise RuntimeError

    class Stubborn(models.Model):
        image = AutoCleanupImageField()
        variants = DerivedImagesManager("image", {"sm": Fit(32, 32), "odd": Raising(1, 1)})

        class Meta:
            app_label = "shop"


NAME = "photos/cat_3000x2000_x7kq2mz9.jpg"
STEM = "/media/photos/cat_3000x2000_x7kq2mz9"
#: Left half red, right half blue, more or less.
PIXELS = "0si4w7qmhqi171i0cqe3joen"


class Reader(HTMLParser):
    """Reads tags with their attributes, in order."""

    def __init__(self):
        super().__init__()
        self.tags = []

    def handle_starttag(self, tag, attributes):
        names = [name for name, _ in attributes]
        assert len(names) == len(set(names)), f"{names}: a browser takes the first alone."
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        assert not data.strip(), data


def read(html):
    """Return tag and attributes of every element, whose text must be none."""
    assert isinstance(html, SafeString)
    reader = Reader()
    reader.feed(html)
    return reader.tags


def one(html):
    [(tag, attributes)] = read(html)
    assert tag == "img"
    return attributes


@pytest.fixture
def photo():
    return Photo(image=NAME)


class Untouchable(FileSystemStorage):
    def _refuse(self, *args, **kwargs):
        raise AssertionError("The storage was asked.")

    open = exists = size = path = save = delete = listdir = _refuse


class TestImg:
    def test_one_variant_has_no_choice(self, photo):
        assert one(img(photo.variants, "thumb", alt="A cat", sizes="50vw")) == {
            "src": f"{STEM}_thumb.webp",
            "width": "160",
            "height": "107",
            "alt": "A cat",
            "loading": "lazy",
            "decoding": "async",
        }

    def test_several_are_a_choice_by_their_own_widths(self, photo):
        attributes = one(img(photo.variants, "lg", "sm", "md", alt="", sizes="50vw"))

        assert attributes == {
            "src": f"{STEM}_lg.webp",
            "srcset": f"{STEM}_sm.webp 640w, {STEM}_md.webp 1024w, {STEM}_lg.webp 2048w",
            "sizes": "50vw",
            "width": "2048",
            "height": "1365",
            "alt": "",
            "loading": "lazy",
            "decoding": "async",
        }

    def test_without_sizes_it_may_be_as_wide_as_the_window(self, photo):
        assert one(img(photo.variants, "sm", "md", alt=""))["sizes"] == "100vw"

    @pytest.mark.parametrize("dimensions", ["500x300", "641x2", "640x640", "1x5000"])
    def test_no_width_is_told_that_the_source_does_not_give(self, dimensions):
        photo = Photo(image=f"photos/cat_{dimensions}_x7kq2mz9.jpg")

        attributes = one(img(photo.variants, "thumb", "sm", "md", "lg", alt=""))

        told = [each.rpartition(" ")[2] for each in attributes.get("srcset", "").split(", ")]
        widths = [int(each.rstrip("w")) for each in told if each]
        assert widths == sorted(set(widths))
        assert max(widths, default=0) <= int(dimensions.partition("x")[0])
        assert {file.width for file in photo.variants.values()} == {
            *widths,
            int(attributes["width"]),
        }

    def test_of_those_that_are_as_wide_the_first_is_taken(self):
        photo = Photo(image="photos/cat_500x300_x7kq2mz9.jpg")

        assert one(img(photo.variants, "md", "lg", alt=""))["src"].endswith("_md.webp")

    def test_what_is_urgent_is_not_loaded_lazily(self, photo):
        urgent = one(img(photo.variants, "sm", alt="", fetchpriority="high"))

        assert urgent["fetchpriority"] == "high"
        assert "loading" not in urgent
        assert one(img(photo.variants, "sm", alt="", loading="eager"))["loading"] == "eager"
        assert "decoding" not in one(img(photo.variants, "sm", alt="", decoding=None))

    def test_attributes_pass_through_escaped(self, photo):
        nasty = '"><script>&'

        attributes = one(
            img(
                photo.variants,
                "sm",
                alt=nasty,
                class_=nasty,
                data_id=5000,
                aria_hidden="true",
                hidden=True,
                inert=False,
                title=None,
            )
        )

        assert attributes["alt"] == attributes["class"] == nasty
        assert attributes["data-id"] == "5000"
        assert attributes["aria-hidden"] == "true"
        assert attributes["hidden"] is None
        assert not {"inert", "title"} & attributes.keys()

    def test_a_nasty_name_stays_in_its_attribute(self):
        photo = Photo(image='photos/"a b",<c>.jpg 1w_30x20_x7kq2mz9.jpg')

        attributes = one(img(photo.variants, "sm", alt=""))

        assert set(attributes) == {"src", "width", "height", "alt", "loading", "decoding"}
        assert not {" ", ","} & set(attributes["src"])

    def test_numbers_are_no_ones_dialect(self, photo):
        with override_settings(USE_THOUSAND_SEPARATOR=True), translation.override("de"):
            attributes = one(img(photo.variants, "sm", "lg", alt="", data_id=5000))

        assert (attributes["width"], attributes["height"]) == ("2048", "1365")
        assert attributes["srcset"].endswith(" 2048w")
        assert attributes["data-id"] == "5000"

    def test_alt_is_required(self, photo):
        with pytest.raises(TypeError, match="alt"):
            img(photo.variants, "sm")

    @pytest.mark.parametrize(("alt", "told"), [(None, ""), (0, "0"), (gettext_lazy("Yes"), "Yes")])
    def test_alt_is_text(self, photo, alt, told):
        assert one(img(photo.variants, "sm", alt=alt))["alt"] == told

    def test_what_is_safe_between_tags_ends_no_attribute(self, photo):
        safe = SafeString('5" onload="alert(1) &amp; <')

        attributes = one(img(photo.variants, "sm", alt=safe, title=safe))

        assert attributes["alt"] == attributes["title"] == '5" onload="alert(1) & <'
        assert "onload" not in attributes

    def test_what_is_none_is_left_out_everywhere(self, photo):
        bare = picture(photo.variants, "sm", alt="")

        assert picture(photo.variants, "sm", alt="", sources=None, placeholder=None) == bare

    def test_without_a_source_there_is_nothing(self):
        for images in (Photo().variants, None, ""):
            assert img(images, "sm", alt="") == ""
            assert picture(images, "sm", alt="") == ""
            assert source(images, "sm") == ""
            assert srcset(images, "sm") == ""

    def test_what_is_unknown_is_told_with_the_choices_even_without_a_source(self):
        for photo in (Photo(image=NAME), Photo()):
            with pytest.raises(
                ValueError,
                match=r"^Unknown variant 'tumb' of Photo\.variants\. "
                r"Choices are: thumb, sm, md, lg\.$",
            ):
                img(photo.variants, "tumb", alt="")
            with pytest.raises(
                ValueError, match=r"^Name variants of Photo\.variants\. Choices are: thumb,"
            ):
                img(photo.variants, alt="")
            with pytest.raises(
                ValueError, match=r"^Unknown placeholder 'blur'\. Choices are: color, picture\.$"
            ):
                img(photo.variants, "sm", alt="", placeholder="blur")
        with pytest.raises(ValueError, match=r"^<Photo: Photo object \(None\)> is no row's"):
            img(Photo(image=NAME), "sm", alt="")


class TestWithoutAsking:
    def test_no_storage_is_asked_about_an_allocated_name(self, monkeypatch):
        monkeypatch.setattr(
            Aimed._meta.get_field("image"), "storage", Untouchable(base_url="/files/")
        )
        row = Aimed(image=f"aimed/cat_300x200_{PIXELS}_f3070qk3x9_x7kq2mz9.jpg")

        html = picture(row.variants, "sm", "lg", alt="", placeholder="picture")

        assert [tag for tag, _ in read(html)] == ["picture", "source", "img"]
        assert img(row.variants, "square", alt="", placeholder="picture")

    @pytest.mark.django_db
    def test_a_plain_fields_header_is_read_once(self, monkeypatch):
        row = Plain(title="turned")
        turned = Image.Exif()
        turned[0x0112] = 6
        row.image.save("cat.jpg", upload(dimensions=(300, 200), exif=turned), save=False)
        opened = []
        monkeypatch.setattr(
            FileSystemStorage,
            "open",
            lambda storage, name, mode="rb", real=FileSystemStorage.open: (
                opened.append(name) or real(storage, name, mode)
            ),
        )
        row = Plain(image=row.image.name)

        attributes = one(img(row.variants, "thumb", alt=""))

        assert (attributes["width"], attributes["height"]) == ("21", "32")
        assert opened == [row.image.name]
        opened.clear()
        picture(row.variants, "thumb", "square", alt="")
        assert opened == [row.image.name]

    @pytest.mark.parametrize("name", ["plain/cat.jpg", "../../etc/passwd"])
    def test_a_storage_may_raise_whatever_it_likes(self, name, monkeypatch):
        def refuse(*args, **kwargs):
            raise RuntimeError("503 Slow Down")

        if name.startswith("plain"):
            monkeypatch.setattr(FileSystemStorage, "open", refuse)

        assert "width" not in one(img(Plain(image=name).variants, "thumb", alt=""))

    def test_a_recipe_may_raise_whatever_it_likes(self):
        row = Stubborn(image="cat_300x200_x7kq2mz9.jpg")

        assert one(img(row.variants, "odd", "sm", alt=""))["src"].endswith("_sm.webp")
        assert one(img(row.variants, "odd", alt="", placeholder="picture"))["src"].endswith(
            "odd.webp"
        )

    @pytest.mark.parametrize("content", [None, b"no picture at all"])
    def test_what_cannot_be_read_costs_no_page(self, content):
        row = Plain(image="plain/cat.jpg")
        if content:
            row.image.storage.save(row.image.name, ContentFile(content))

        assert one(img(row.variants, "thumb", alt="Lost")) == {
            "src": "/media/plain/cat_thumb.webp",
            "alt": "Lost",
            "loading": "lazy",
            "decoding": "async",
        }
        assert srcset(row.variants, "thumb") == "/media/plain/cat_thumb.webp"


class TestPicture:
    def test_other_formats_of_one_picture_are_found_by_their_names(self):
        row = Aimed(image="aimed/cat_300x200_x7kq2mz9.jpg")
        stem = "/media/aimed/cat_300x200_x7kq2mz9"

        tags = read(picture(row.variants, "sm", "lg", alt="A cat", sizes="50vw", class_="wide"))

        assert [tag for tag, _ in tags] == ["picture", "source", "img"]
        assert tags[0][1] == {}
        assert tags[1][1] == {
            "type": "image/avif",
            "srcset": f"{stem}_sm_avif.avif 32w, {stem}_lg_avif.avif 64w",
            "sizes": "50vw",
            "width": "64",
            "height": "43",
        }
        assert tags[2][1] == {
            "src": f"{stem}_lg.webp",
            "srcset": f"{stem}_sm.webp 32w, {stem}_lg.webp 64w",
            "sizes": "50vw",
            "width": "64",
            "height": "43",
            "alt": "A cat",
            "class": "wide",
            "loading": "lazy",
            "decoding": "async",
        }

    def test_a_single_format_is_the_img_alone(self, photo):
        assert [tag for tag, _ in read(picture(photo.variants, "sm", alt=""))] == ["picture", "img"]

    def test_formats_that_are_named_stay_together(self):
        row = Aimed(image="aimed/cat_300x200_x7kq2mz9.jpg")

        tags = read(
            picture(
                row.variants, "square", "lg", alt="", sources=source(row.variants, "square", "lg")
            )
        )

        assert [tag for tag, _ in tags] == ["picture", "source", "img"]
        for _, attributes in tags[1:]:
            assert [each.split()[1] for each in attributes["srcset"].split(", ")] == ["16w", "64w"]
        assert "type" not in tags[1][1]

    def test_no_format_hides_what_is_wider_in_another(self):
        row = Uneven(image="cat_300x200_x7kq2mz9.jpg")

        for variants in (["sm", "lg"], ["lg"]):
            tags = read(picture(row.variants, *variants, alt=""))
            assert [tag for tag, _ in tags] == ["picture", "img"]
        tags = read(picture(row.variants, "sm", alt=""))
        assert [tag for tag, _ in tags] == ["picture", "source", "img"]

    def test_a_recipe_that_differs_is_another_picture(self):
        row = Odd(image="cat_300x200_x7kq2mz9.jpg")

        assert [tag for tag, _ in read(picture(row.variants, "sm", alt=""))] == ["picture", "img"]

    def test_art_direction_comes_first(self, photo):
        narrow = source(photo.variants, "thumb", media="(max-width: 40em)", sizes="10vw")

        tags = read(picture(photo.variants, "sm", alt="", sources=narrow))

        assert [tag for tag, _ in tags] == ["picture", "source", "img"]
        assert tags[1][1] == {
            "type": "image/webp",
            "srcset": f"{STEM}_thumb.webp",
            "media": "(max-width: 40em)",
            "width": "160",
            "height": "107",
        }

    def test_sources_that_nobody_marked_safe_are_escaped(self, photo):
        reader = Reader()
        with pytest.raises(AssertionError, match="<source>"):
            reader.feed(picture(photo.variants, "sm", alt="", sources="<source>"))


class TestSrcset:
    def test_it_is_text_for_serializers(self, photo):
        assert srcset(photo.variants, "sm", "md") == f"{STEM}_sm.webp 640w, {STEM}_md.webp 1024w"

    def test_urls_that_nobody_quoted_are_no_two(self, monkeypatch):
        storage = Untouchable()
        monkeypatch.setattr(storage, "url", lambda name: f"/a b/{name},")
        monkeypatch.setattr(Photo._meta.get_field("image"), "storage", storage)

        listed = srcset(Photo(image=NAME).variants, "sm", "md")

        assert [each.split(" ")[1] for each in listed.split(", ")] == ["640w", "1024w"]

    def test_one_needs_no_width(self, photo):
        assert srcset(photo.variants, "sm") == f"{STEM}_sm.webp"


def placeholder(style):
    """Return colour, picture, position and size of a background."""
    color, url, position_and_size = style.removeprefix("background:").split(" ", 2)
    data = url.removeprefix("url(data:image/webp;base64,").removesuffix(")")
    with Image.open(io.BytesIO(base64.b64decode(data))) as image:
        position, size = position_and_size.split("/")
        return color, image.convert("RGB"), position, size


class TestPlaceholders:
    row = Aimed(image=f"aimed/cat_300x200_{PIXELS}_f3070qk3x9_x7kq2mz9.jpg")

    def test_twenty_pixels_stand_behind_the_picture(self):
        style = one(img(self.row.variants, "sm", alt="", placeholder="picture"))["style"]

        color, image, position, size = placeholder(style)
        assert color == self.row.image.color == "#8c6a62"
        assert image.size == (5, 4)
        assert (position, size) == ("0% 0%", "100% 100%")

    def test_they_are_cropped_as_the_variant_is(self):
        # 200 of 300 pixels are shown, at 30 % of what is left over.
        style = one(img(self.row.variants, "square", alt="", placeholder="picture"))["style"]

        assert placeholder(style)[2:] == ("30% 0%", "150% 100%")

    def test_a_colour_is_less_to_send(self):
        attributes = one(img(self.row.variants, "sm", alt="", placeholder="color", style="top:0"))

        assert attributes["style"] == "background:#8c6a62;top:0"

    def test_of_what_nobody_knows_how_it_is_drawn_there_is_the_colour(self):
        panorama = Panorama(image=f"panoramas/all_300x150_{PIXELS}_x7kq2mz9.jpg")

        style = one(img(panorama.cubes, "tile_f", alt="", placeholder="picture"))["style"]

        assert style == "background:#8c6a62"

    @pytest.mark.parametrize("kind", ["color", "picture"])
    def test_a_name_that_carries_none_has_none(self, photo, kind):
        assert "style" not in one(img(photo.variants, "sm", alt="", placeholder=kind))

    def test_they_come_with_a_picture_as_well(self):
        tags = read(picture(self.row.variants, "sm", alt="", placeholder="color"))

        assert "style" not in tags[1][1]
        assert tags[2][1]["style"] == "background:#8c6a62"


def test_jinja_has_them_too(photo):
    environment = Environment(autoescape=True)
    environment.globals["picture"] = picture
    template = environment.from_string('{{ picture(p.variants, "sm", alt=title, class="wide") }}')

    [_, (tag, attributes)] = read(SafeString(template.render(p=photo, title='A "cat"')))

    assert (tag, attributes["alt"], attributes["class"]) == ("img", 'A "cat"', "wide")


def test_also_in_names_what_picture_finds():
    class Own(Recipe):
        kind = "own"

    recipes = also_in({"a": Fit(1, 1), "b": Fill(2, 2)}, avif=50, jpeg=None)

    assert recipes == {
        "a": Fit(1, 1),
        "b": Fill(2, 2),
        "a_avif": Fit(1, 1, format="avif", quality=50),
        "b_avif": Fill(2, 2, format="avif", quality=50),
        "a_jpeg": Fit(1, 1, format="jpeg"),
        "b_jpeg": Fill(2, 2, format="jpeg"),
    }
    assert also_in({"own": Own()}, png=None)["own_png"] == Own(format="png")
    # What is declared stays, and an encoder's options are its own.
    declared = {
        "a": Fit(1, 1, options={"method": 6}),
        "a_avif": Fit(1, 1, format="avif", quality=9),
    }
    assert also_in(declared, avif=60) == declared
    assert also_in({"a": declared["a"]}, jpeg=60)["a_jpeg"].options == {}
