"""Names: source to variant and back, and new names for uploads."""

import random
import re
import string
import sys
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from derived_images.naming import (
    CANONICAL_EXTENSION,
    CURE,
    DEFAULT,
    FORMAT_OF,
    STDIMAGE,
    Template,
    aimed,
    allocate,
    dimensions_in,
    focus_in,
    is_aimed,
    is_allocated,
    is_same_upload,
    naming_for,
    new_token,
    pixels_in,
    split,
    written_extension,
    written_format,
)

unhurried = settings(deadline=None)

FOLDERED = "{dir}{stem}/{stem}_{variant}.{ext}"
FINGERPRINTED = "variants/{dir}{stem}_{source_ext}_{variant}_{fingerprint}.{ext}"
VARIANT_FIRST = "{variant}/{dir}{stem}.{fingerprint}.{ext}"

EXTENSIONS = [*FORMAT_OF, *(extension.upper() for extension in FORMAT_OF)]
CHARACTERS = st.characters(exclude_characters="/.\0", exclude_categories=["Cs"])
WORDS = st.text(CHARACTERS | st.sampled_from("__aé\u0301ФÜ漢"), min_size=1, max_size=12)
FOLDERS = st.lists(WORDS, max_size=2).map(lambda parts: "".join(f"{part}/" for part in parts))
DOTTED = st.lists(st.just("") | WORDS, max_size=3).map(".".join)
VARIANTS = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,9}", fullmatch=True)
WITH_EXTENSION = st.builds("{}{}{}.{}".format, FOLDERS, WORDS, DOTTED, st.sampled_from(EXTENSIONS))
WITHOUT_EXTENSION = st.builds("{}{}{}".format, FOLDERS, st.sampled_from(["", ".", ".."]), WORDS)


def variant_name(source, variant, ext="webp", template=DEFAULT, fingerprint="5f0c2b1a"):
    naming = Template(template)
    return naming.name(source=source, variant=variant, ext=ext, fingerprint=fingerprint)


def all_of_it(name):
    return True


#: None of these is a focal point of the tests, but the first.
OTHER_POINTS = [None, (0.5, 0.5), (0.31, 0.7), (0.3, 0.71)]


class TestConvention:
    @pytest.mark.parametrize(
        ("source", "variant", "ext", "name"),
        [
            ("kebab/miao.txt", "tile_f", "jpeg", "kebab/miao_tile_f.jpeg"),
            ("a.b.c.jpg", "thumb", "webp", "a.b.c_thumb.webp"),
            ("noext", "thumb", "webp", "noext_thumb.webp"),
            (".hidden", "thumb", "webp", ".hidden_thumb.webp"),
            ("Ünïcode/ФОТО.JPG", "thumb", "webp", "Ünïcode/ФОТО_thumb.webp"),
            ("a.b/noext", "thumb", "webp", "a.b/noext_thumb.webp"),
            ("{stem}{0}.jpg", "thumb", "webp", "{stem}{0}_thumb.webp"),
        ],
    )
    def test_names_follow_from_names(self, source, variant, ext, name):
        assert variant_name(source, variant, ext) == name

    @pytest.mark.parametrize(
        ("template", "name"),
        [
            (CURE, "a/b.c_JPG_thumb.webp"),
            (STDIMAGE, "a/b.c.thumb.JPG"),
            (FOLDERED, "a/b.c/b.c_thumb.webp"),
            (FINGERPRINTED, "variants/a/b.c_JPG_thumb_5f0c2b1a.webp"),
            (VARIANT_FIRST, "thumb/a/b.c.5f0c2b1a.webp"),
            ("{dir}{{{stem}}}_{variant}.{ext}", "a/{b.c}_thumb.webp"),
        ],
    )
    def test_a_template_uses_every_placeholder(self, template, name):
        assert variant_name("a/b.c.JPG", "thumb", template=template) == name

    @pytest.mark.parametrize(
        ("name", "parts"),
        [
            ("photos/cat.JPG", ("photos/", "cat", "JPG")),
            ("a.b/c", ("a.b/", "c", "")),
            ("/cat.jpg", ("/", "cat", "jpg")),
            ("a/.hidden.png", ("a/", ".hidden", "png")),
            ("..jpg", ("", "..jpg", "")),
        ],
    )
    def test_a_name_is_folder_stem_and_last_extension(self, name, parts):
        assert split(name) == parts

    @unhurried
    @given(WITH_EXTENSION | WITHOUT_EXTENSION)
    def test_the_parts_make_the_name_again(self, source):
        folder, stem, extension = split(source)

        assert source == folder + stem + (extension and f".{extension}")
        assert "/" not in stem + extension

    def test_stdimage_is_a_word_for_its_template(self):
        naming = naming_for("stdimage")

        assert repr(naming) == repr(Template(STDIMAGE))
        assert (
            naming.name(source="p/cat.jpg", variant="small", ext="webp", fingerprint="")
            == "p/cat.small.jpg"
        )

    def test_the_argument_is_nothing_a_template_or_an_object(self):
        naming = Template(CURE)

        assert repr(naming_for(None)) == repr(Template(DEFAULT))
        assert repr(naming_for(CURE)) == repr(naming)
        assert naming_for(naming) is naming

    def test_braces_of_a_template_or_a_variant_stand(self):
        template = "{dir}{{old}}/{stem}_{variant}.{ext}"

        assert variant_name("a/b.jpg", "{0}", template=template) == "a/{old}/b_{0}.webp"

    def test_a_source_in_braces_keeps_them(self):
        assert variant_name("{stem}/{0}.jpg", "thumb") == "{stem}/{0}_thumb.webp"

    def test_kinds_of_text_are_taken_for_their_text_in_any_order(self):
        class Loud(str):
            def __format__(self, spec):
                return self.upper()

            __str__ = __format__

        for variant in (Loud("loud"), "loud", Loud("loud")):
            name = variant_name(Loud("a/b.jpg"), variant, ext=Loud("webp"))
            assert (name, type(name)) == ("a/b_loud.webp", str)


class TestWrittenFormat:
    @pytest.mark.parametrize(
        ("format", "source", "written", "extension"),
        [
            ("webp", "cat.png", "webp", "webp"),
            ("jpeg", "cat.png", "jpeg", "jpeg"),
            ("source", "cat.png", "png", "png"),
            ("source", "cat.JPG", "jpeg", "JPG"),
            ("source", "cat.jfif", "jpeg", "jfif"),
            ("source", "cat.gif", "gif", "gif"),
            ("source", "cat.txt", "webp", "webp"),
            ("source", "cat", "webp", "webp"),
        ],
    )
    def test_source_is_what_the_sources_name_tells(self, format, source, written, extension):
        assert written_format(format, source) == written
        assert written_extension(format, source) == extension

    @pytest.mark.parametrize("extension", CANONICAL_EXTENSION.values())
    def test_canonical_extensions_tell_their_format(self, extension):
        assert CANONICAL_EXTENSION[FORMAT_OF[extension]] == extension


class TestSources:
    """Templates read backwards."""

    @pytest.mark.parametrize(
        "template", [DEFAULT, STDIMAGE, CURE, FOLDERED, FINGERPRINTED, VARIANT_FIRST]
    )
    @unhurried
    @given(source=WITH_EXTENSION, variant=VARIANTS, ext=st.sampled_from(["webp", "jpeg", "JPG"]))
    def test_the_source_is_among_them(self, template, source, variant, ext):
        name = variant_name(source, variant, ext, template)

        assert source in Template(template).sources(name)
        for known in (ext, None):
            assert Template(template).recognizes(variant, known, "5f0c2b1a")(name)

    @pytest.mark.parametrize("template", [DEFAULT, CURE, FOLDERED, FINGERPRINTED, VARIANT_FIRST])
    @unhurried
    @given(source=WITHOUT_EXTENSION, variant=VARIANTS)
    def test_a_source_without_extension_is_among_them(self, template, source, variant):
        name = variant_name(source, variant, template=template)

        assert source in Template(template).sources(name)

    @pytest.mark.parametrize("source", ["noext", "a/.hidden"])
    def test_a_source_without_extension_is_among_those_of_stdimage(self, source):
        name = variant_name(source, "thumb", template=STDIMAGE)

        assert source in Template(STDIMAGE).sources(name)
        assert Template(STDIMAGE).recognizes("thumb", "webp", "5f0c2b1a")(name)

    @pytest.mark.parametrize(
        "name",
        [
            "cat_thumb.jpg",
            "cat_thumbs.webp",
            "cat-thumb.webp",
            "catathumb.webp",
            "_thumb.webp",
            "cat_thumb.webp.webp",
            "cat_thumbXwebp",
        ],
    )
    def test_what_is_another_name_is_not_recognized(self, name):
        assert not Template(DEFAULT).recognizes("thumb", "webp", "5f0c2b1a")(name)

    @pytest.mark.parametrize(
        "variant",
        [
            "größe",
            "小",
            "हिन्दी",
        ],
    )
    def test_any_identifier_is_read_as_a_variant(self, variant):
        assert variant.isidentifier()
        assert "cat.jpg" in Template(DEFAULT).sources(variant_name("cat.jpg", variant))

    @pytest.mark.parametrize(
        ("name", "sources"),
        [
            ("photo_thumb.webp", {"photo.jpg", "photo.png", "photo.JPG", "photo"}),
            ("a_b_c.webp", {"a.jpg", "a_b.jpg"}),
            ("a/b_c/d_e.webp", {"a/b_c/d.gif"}),
        ],
    )
    def test_all_that_share_the_name_are_among_them(self, name, sources):
        assert sources <= set(Template(DEFAULT).sources(name))

    @pytest.mark.parametrize(
        ("template", "name"),
        [
            (DEFAULT, "photo.webp"),
            (DEFAULT, "photo_thumb"),
            (DEFAULT, "_thumb.webp"),
            (DEFAULT, "photos_old/cat.webp"),
            (STDIMAGE, "photo_thumb"),
            (FINGERPRINTED, "photo_jpg_thumb_5f0c2b1a.webp"),
            (FINGERPRINTED, "variants/photo_jpg_thumb_5F0C2B1A.webp"),
            (FINGERPRINTED, "variants/photo_jpg_thumb_5f0c.webp"),
        ],
    )
    def test_what_is_no_variants_name_has_none(self, template, name):
        assert list(Template(template).sources(name)) == []

    @pytest.mark.parametrize(
        ("template", "bound"),
        [(DEFAULT, 200 * 40), (STDIMAGE, 200), (CURE, 200 * 200)],
    )
    @pytest.mark.parametrize("letters", ["_", ".", "/", "a_", "_.", "/_"])
    def test_a_hostile_name_has_no_more_than_its_cuts(self, template, bound, letters):
        name = letters * (200 // len(letters))

        for hostile in (name, name + ".webp", name + "_thumb.webp"):
            sources = Template(template).sources(hostile)
            assert sum(1 for _ in islice(sources, bound + 1)) <= bound

    @pytest.mark.parametrize(
        "template",
        [
            DEFAULT,
            STDIMAGE,
            CURE,
            FINGERPRINTED,
        ],
    )
    def test_a_hostile_name_costs_at_most_its_length_squared(self, template):
        calls = 0

        def count(frame, event, argument):
            nonlocal calls
            calls += event == "call"

        naming = Template(template)
        sys.setprofile(count)
        try:
            list(naming.sources("variants/" + "_" * 60 + ".webp"))
        finally:
            sys.setprofile(None)

        assert calls <= 20 * 60**2


class TestFaults:
    @pytest.mark.parametrize(
        "template", [DEFAULT, STDIMAGE, CURE, FOLDERED, FINGERPRINTED, VARIANT_FIRST]
    )
    def test_a_sound_template_has_none(self, template):
        assert list(Template(template).faults()) == []

    @pytest.mark.parametrize(
        ("template", "faults"),
        [
            (
                "{dir}{stem}_{variant}_{size}.{ext}",
                [
                    "Unknown placeholder {size}. Choices are: "
                    "{dir} {stem} {source_ext} {variant} {fingerprint} {ext}."
                ],
            ),
            (
                "{dir}{stem}.{ext}",
                ["The placeholder {variant} is missing: variants would share a name."],
            ),
            (
                "variants/{variant}.{ext}",
                [
                    "The placeholder {dir} is missing: variants would share a name.",
                    "The placeholder {stem} is missing: variants would share a name.",
                ],
            ),
            ("{dir}{stem}_{variant", ["expected '}' before end of string."]),
        ],
    )
    def test_a_fault_is_one_sentence(self, template, faults):
        assert list(Template(template).faults()) == faults

    @pytest.mark.parametrize(
        "template",
        [
            "{dir}{stem}_{variant}_{}.{ext}",  # no name: raises when a name is made
            "{dir}{stem:.3}_{variant}.{ext}",  # cut: two sources share a variant's name
            "{dir}{stem!r}_{variant}.{ext}",  # quoted: has no inverse
        ],
    )
    def test_a_template_that_cannot_work_has_a_fault(self, template):
        assert list(Template(template).faults()) != []


class TestAllocation:
    def test_a_name_says_what_it_holds(self):
        name = allocate("photos/cat.JPG", (3000, 2000), "jpg", all_of_it)

        assert re.fullmatch(r"photos/cat_3000x2000_[a-z][a-z0-9]{7}\.jpg", name)

    def test_content_without_a_known_format_gets_no_extension(self):
        name = allocate("a.b/notes.txt", (0, 0), "", all_of_it)

        assert re.fullmatch(r"a\.b/notes_0x0_[a-z][a-z0-9]{7}", name)

    @pytest.mark.parametrize("limit", [60, 41, 40])
    def test_the_stem_is_cut_as_little_as_fits(self, limit):
        name = allocate(f"photos/{'c' * 200}.png", (10, 20), "png", lambda n: len(n) <= limit)

        assert len(name) == limit
        assert re.fullmatch(r"photos/c+_10x20_[a-z0-9]{8}\.png", name)

    @pytest.mark.parametrize("letter", ["é", "Ж", "漢", "🐈", "e\u0301"])
    def test_the_stem_is_cut_by_bytes_where_bytes_are_counted(self, letter):
        name = allocate(
            letter * 300, (3000, 2000), "jpg", lambda name: len(f"{name}_thumb".encode()) <= 255
        )

        assert 255 - len(letter.encode()) < len(f"{name}_thumb".encode()) <= 255
        assert is_allocated(name)

    def test_one_letter_of_the_stem_stays_or_it_raises(self):
        folder = "f" * 90 + "/"
        room = len(folder + "c_3000x2000_x7kq2mz9.jpg")

        assert allocate(
            f"{folder}cat.jpg", (3000, 2000), "jpg", lambda name: len(name) <= room
        ).startswith(f"{folder}c_")
        with pytest.raises(ValueError, match="its folder is too long"):
            allocate(f"{folder}cat.jpg", (3000, 2000), "jpg", lambda name: len(name) < room)

    @pytest.mark.parametrize("pixels", ["", "0si4w7qmhqi171i0cqe3joen"])
    @pytest.mark.parametrize("focus", [None, (0, 0), (0.3, 0.7), (1, 1), (0.005, 0.994)])
    def test_it_carries_what_else_is_to_be_told(self, pixels, focus):
        name = allocate("a_1x1/cat.JPG", (30, 20), "jpg", all_of_it, pixels=pixels, focus=focus)

        assert is_allocated(name)
        assert dimensions_in(name) == (30, 20)
        assert pixels_in(name) == pixels
        assert is_aimed(name, focus)
        assert focus_in(name) == (focus and pytest.approx(focus, abs=0.0101))
        again = aimed(name, (0.1, 0.9), all_of_it)
        assert again != aimed(name, (0.1, 0.9), all_of_it)
        assert (dimensions_in(again), pixels_in(again)) == ((30, 20), pixels)
        assert focus_in(again) == (0.1, 0.9)
        back = aimed(again, None, all_of_it)
        assert back != name
        assert focus_in(back) is None
        assert is_same_upload(back, name)
        assert is_same_upload(name, again)
        assert not is_same_upload(name, allocate("a_1x1/cat.JPG", (30, 20), "jpg", all_of_it))
        assert [each for each in OTHER_POINTS if is_aimed(name, each)] == ([] if focus else [None])

    def test_what_was_not_allocated_carries_nothing(self):
        for name in ("cat_30x20_f3070.jpg", "cat.jpg", "cat_30x20_f3070qk3x9_abcdefgh.jpg", ""):
            assert (focus_in(name), pixels_in(name)) == (None, "")
            assert not is_same_upload(name, name)
            with pytest.raises(ValueError, match="was not allocated"):
                aimed(name, (0.5, 0.5), all_of_it)

    def test_what_does_not_fit_is_left_out_before_an_upload_is_refused(self):
        folder, extra = "f" * 70 + "/", {"pixels": "0" * 24, "focus": (0.3, 0.7)}
        for room, carried in (
            (31, (None, "")),
            (42, ((0.3, 0.7), "")),
            (67, ((0.3, 0.7), "0" * 24)),
        ):
            name = allocate(
                f"{folder}c.jpg",
                (300, 200),
                "jpg",
                lambda n, room=room: len(n) <= 70 + room,
                **extra,
            )
            assert (focus_in(name), pixels_in(name)) == carried
        with pytest.raises(ValueError, match="tells where to look"):
            aimed(name, (0.3, 0.7), lambda name: False)

    def test_the_message_is_a_sentence(self):
        with pytest.raises(ValueError, match="No name") as raised:
            allocate("photos/cat.jpg", (1, 1), "jpg", lambda name: False)

        assert str(raised.value) == (
            "No name can be made of 'photos/cat.jpg': its folder is too long."
        )

    @unhurried
    @given(
        source=WITH_EXTENSION | WITHOUT_EXTENSION,
        dimensions=st.tuples(st.integers(1, 999_999_999), st.integers(1, 999_999_999)),
        extension=st.sampled_from([*CANONICAL_EXTENSION.values()]),
        room=st.integers(60, 200),
    )
    def test_what_was_allocated_is_believed(self, source, dimensions, extension, room):
        folder = split(source)[0]
        name = allocate(source, dimensions, extension, lambda n: len(n) <= len(folder) + room)

        assert is_allocated(name)
        assert dimensions_in(name) == dimensions
        assert not is_allocated(variant_name(name, "thumb"))
        assert name in Template(DEFAULT).sources(variant_name(name, "thumb"))

    def test_the_token_stands_in_variants_names_without_extension_too(self):
        names = [allocate("v1.final.тхт", (0, 0), "", all_of_it) for _ in range(2)]

        assert len({variant_name(name, "thumb") for name in names}) == 2

    def test_what_is_no_picture_has_no_dimensions(self):
        name = allocate("notes.txt", (0, 0), "", all_of_it)

        assert is_allocated(name)
        assert dimensions_in(name) is None


class TestTokens:
    def test_tokens_are_lower_case_letters_and_digits(self):
        tokens = [new_token() for _ in range(2000)]

        assert {len(token) for token in tokens} == {8}
        assert {token[0] for token in tokens} == set(string.ascii_lowercase)
        for place in range(1, 8):
            assert {token[place] for token in tokens} == set(string.ascii_lowercase + string.digits)

    def test_no_token_comes_twice_in_ten_thousand(self, monkeypatch):
        # Chance itself would repeat one in every thousandth run of this test.
        monkeypatch.setattr("derived_images.naming.secrets.choice", random.Random(1).choice)

        assert len({new_token() for _ in range(10_000)}) == 10_000

    @unhurried
    @given(st.from_regex(r"[a-z][a-z0-9]{6}", fullmatch=True))
    def test_one_last_character_in_36_is_right(self, token):
        names = [
            f"cat_3000x2000_{token}{check}.jpg" for check in string.ascii_lowercase + string.digits
        ]

        assert sum(map(is_allocated, names)) == 1


class TestDisbelief:
    @pytest.mark.parametrize(
        "name",
        [
            "photos/cat_3000x2000_x7kq2mz9.jpg",
            "_3000x2000_x7kq2mz9_3000x2000_x7kq2mz9.jpg",
            "cat_3000x2000_x7kq2mz9",
            "a\nb_3000x2000_x7kq2mz9.webp",
        ],
    )
    def test_the_designs_own_example_is_believed(self, name):
        assert dimensions_in(name) == (3000, 2000)

    @pytest.mark.parametrize(
        "name",
        [
            "cat.jpg",
            "",
            "cat_3000x2000_x7kq2mz8.jpg",  # a wrong check
            "cat_3000x2000_x7kq2mz.jpg",  # too short
            "cat_3000x2000_x7kq2mz99.jpg",  # too long
            "cat_3000x2000_X7KQ2MZ9.jpg",
            "cat_3000X2000_x7kq2mz9.jpg",
            "cat_3000x2000_x7kq2mz9.JPG",
            "cat_3000x2000_x7kq2mz9.tar.gz",
            "cat_3000x2000_x7kq2mz9.",
            "cat_3000x2000_x7kq2mz9.jpg\n",
            "cat_3000x2000_x7kq2mz9_thumb.webp",
            "cat_3000x2000_x7kq2mz9 (1).jpg",
            "cat_3000x2000_x7kq2mz9/dog.jpg",
            "cat_03000x2000_x7kq2mz9.jpg",
            "cat_-3000x2000_x7kq2mz9.jpg",
            "cat_3000x_x7kq2mz9.jpg",
            "cat_٣٠٠٠x2000_x7kq2mz9.jpg",
            "cat_1234567890x1_x7kq2mz9.jpg",
            f"cat_{'9' * 5000}x1_x7kq2mz9.jpg",
            "cat3000x2000_x7kq2mz9.jpg",
            "_3000x2000_x7kq2mz9.jpg",
            "photos/_3000x2000_x7kq2mz9.jpg",
            "3000x2000_x7kq2mz9.jpg",
            "wall_1920x1080_20240131.jpg",
        ],
    )
    def test_other_names_are_not(self, name):
        assert not is_allocated(name)
        assert dimensions_in(name) is None

    @pytest.mark.parametrize(
        "word",
        [
            "abstract",
            "birthday",
            "calendar",
            "december",
            "download",
            "exported",
            "february",
            "mountain",
            "november",
            "original",
            "panorama",
            "portrait",
            "snapshot",
            "vertical",
            "whatsapp",
        ],
    )
    def test_a_word_in_the_tokens_place_is_not(self, word):
        assert not is_allocated(f"wall_1920x1080_{word}.jpg")
