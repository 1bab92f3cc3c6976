"""System checks: each fault of a declaration or a setting is named, with a hint and an id."""

import sys
from datetime import timedelta

import pytest
from django.apps import apps
from django.core.checks import run_checks
from django.db import models
from django.test.utils import isolate_apps

from derived_images import AutoCleanupImageField, DerivedImagesManager, Fill, Fit, Recipe
from derived_images.checks import (
    DB_CASCADE,
    check_managers,
    check_settings,
)
from derived_images.naming import CURE


def faults(recipes=None, source="image", **options):
    """Return what is found about a model with a manager like this."""
    with isolate_apps("tests.shop") as isolated:

        class Post(models.Model):
            image = models.ImageField()
            title = models.CharField(max_length=10)
            variants = DerivedImagesManager(source, recipes, **options)

            class Meta:
                app_label = "shop"

        return check_managers(isolated.get_app_configs())


def told(messages):
    """Return id, subject and sentence of each, once it is sure that there is a hint."""
    messages = list(messages)
    assert all(message.hint for message in messages)
    return [(message.id.partition(".")[2], str(message.obj), message.msg) for message in messages]


POST = "shop.Post.variants"


@pytest.mark.django_db(databases=["default", "other"])
def test_a_sound_project_has_no_faults():
    ids = {message.id for message in run_checks() if message.id.startswith("derived_images")}

    assert ids <= {"derived_images.I001"}
    assert faults() == []
    assert faults({"a": Fit(1, 1), "b": Fit(1, 1, of="a")}, naming=CURE) == []


@pytest.mark.parametrize("source", ["imagine", "title"])
def test_the_source_must_be_an_image_field(source):
    (message,) = faults(source=source)

    assert told([message]) == [("E001", POST, f"'{source}' is not an ImageField of shop.Post.")]
    assert message.hint == "Name one of its image fields: image."


def test_the_storage_must_exist():
    (message,) = faults(storage="nowhere")

    assert told([message]) == [("E008", POST, "There is no storage 'nowhere'.")]
    assert message.hint == "STORAGES has these: default, elsewhere, memory, staticfiles."


@pytest.mark.parametrize("name", ["with space", "1st", "class", "_private", ""])
def test_a_variant_name_must_be_an_attribute(name):
    assert told(faults({name: Fit(1, 1)})) == [
        ("E002", POST, f"The variant name {name!r} cannot be an attribute.")
    ]


@pytest.mark.parametrize(
    "name", ["original", "urls", "missing", "render", "delete", "keys", "items", "values", "get"]
)
def test_a_variant_name_must_not_hide_anything(name):
    assert told(faults({name: Fit(1, 1)})) == [
        ("E002", POST, f"The variant name {name!r} is reserved.")
    ]


class Loud(Fit):
    """Has forgotten a kind of its own."""

    def draw(self, image):
        return super().draw(image).convert("L")


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        (
            Fit(1, 1, format="bmp"),
            "Unknown format 'bmp'. Choices are: webp, jpeg, png, avif, source.",
        ),
        (Fit(1, 1, quality=101), "quality must be from 1 to 100, not 101."),
        (Fit(), "Fit needs a width, a height, or both."),
        (Fill(0, 10), "Width and height must be whole numbers, 1 or more, not 0 and 10."),
        (Recipe(), "Recipe has no kind, the word that names it in fingerprints."),
        (Loud(1, 1), "Loud draws in its own way under the kind 'fit'."),
        (Fit(1, 1, background="whit"), "background 'whit' is no colour."),
        (Fit("160", 160), "Width and height must be whole numbers, 1 or more, not '160' and 160."),
        (Fit(1, 1, quality="80"), "quality must be from 1 to 100, not '80'."),
        (Fit(1, 1, options={1: 2}), "options must have text for keys, not {1: 2}."),
        (Fill(1, 1, 0.5), "centering must be two numbers from 0 to 1, not 0.5."),
    ],
)
def test_a_recipe_must_be_possible(recipe, message):
    assert told(faults({"a": recipe})) == [("E003", POST, f"'a': {message}")]


@pytest.mark.parametrize("others", [{}, {"sound": Fit(1, 1)}, {"made": Fit(1, 1, of="a")}])
def test_what_is_no_recipe_is_named(others):
    assert told(faults({"a": (160, 160), **others})) == [
        ("E003", POST, "'a' is (160, 160), which is no recipe.")
    ]


def test_what_is_no_mapping_is_named():
    assert told(faults([Fit(1, 1)]))[0][2].endswith("which is no mapping.")


def test_a_name_that_is_no_text_is_named():
    assert told(faults({1: Fit(1, 1)}))[0] == (
        "E002",
        POST,
        "The variant name '1' cannot be an attribute.",
    )


def test_a_naming_object_must_make_names():
    ((kind, _, message),) = told(faults({"a": Fit(1, 1)}, naming=object()))

    assert kind == "E005"
    assert message.endswith("makes no names: 'object' object has no attribute 'name'.")


def test_a_format_must_be_writable_by_this_pillow(monkeypatch):
    from PIL import Image

    Image.init()
    monkeypatch.delitem(Image.SAVE, "AVIF")

    assert told(faults({"a": Fit(1, 1, format="avif")})) == [
        ("E003", POST, "'a': this Pillow cannot write avif.")
    ]


@pytest.mark.parametrize(
    ("naming", "message"),
    [
        ("{dir}{stem}.{ext}", "The placeholder {variant} is missing: variants would share a name."),
        (
            "{dir}{stem}_{variant}_{size}.{ext}",
            "Unknown placeholder {size}. "
            "Choices are: {dir} {stem} {source_ext} {variant} {fingerprint} {ext}.",
        ),
        ("{dir}{stem}_{variant", "expected '}' before end of string."),
    ],
)
def test_a_template_must_tell_names_apart(naming, message):
    assert told(faults({"a": Fit(1, 1)}, naming=naming)) == [("E005", POST, f"naming: {message}")]


@pytest.mark.parametrize(
    ("recipes", "messages"),
    [
        ({"a": Fit(1, 1, of="b")}, ["'a' is made of 'b', which does not exist."]),
        ({"a": Fit(1, 1, of="a")}, ["'a' is made of 'a', which goes in a circle."]),
        (
            {"a": Fit(1, 1, of="b"), "b": Fit(1, 1, of="a")},
            [
                "'a' is made of 'b' of 'a', which goes in a circle.",
                "'b' is made of 'a' of 'b', which goes in a circle.",
            ],
        ),
    ],
)
def test_what_a_variant_is_made_of_must_end_at_the_source(recipes, messages):
    assert told(faults(recipes)) == [("E006", POST, message) for message in messages]


def test_a_name_must_tell_the_format():
    assert told(faults({"a": Fit(1, 1)}, naming="stdimage")) == [
        ("W001", POST, "'a' is written as webp under a name like 'folder/stem.a.jpg'.")
    ]
    assert faults({"a": Fit(1, 1, format="source")}, naming="stdimage") == []


@isolate_apps("tests.shop")
def test_two_managers_must_not_write_one_name():
    class Post(models.Model):
        image = models.ImageField()
        one = DerivedImagesManager("image", {"a": Fit(1, 1), "b": Fit(1, 1)})
        other = DerivedImagesManager("image", {"a": Fit(2, 2), "c": Fit(2, 2)})
        elsewhere = DerivedImagesManager("image", {"a": Fit(2, 2)}, storage="memory")

        class Meta:
            app_label = "shop"

    assert told(check_managers([apps_of(Post)])) == [
        (
            "E004",
            str(Post),
            "one.a and other.a would share one file, 'folder/stem_a.webp' for 'folder/stem.jpg'.",
        )
    ]


def test_a_naming_object_must_tell_a_variant_from_its_source():
    class Same:
        def name(self, **given):
            return given["source"]

    messages = told(faults({"a": Fit(1, 1, format="source")}, naming=Same()))
    message = messages[0][2]
    assert message.startswith("the source 'image' and variants.a would share one file")


@isolate_apps("tests.shop")
def test_names_are_tried_with_every_extension():
    class Post(models.Model):
        image = models.ImageField()
        one = DerivedImagesManager("image", {"a": Fit(1, 1)})
        other = DerivedImagesManager("image", {"a": Fit(2, 2, format="source")})

        class Meta:
            app_label = "shop"

    assert told(check_managers([apps_of(Post)]))[0][2] == (
        "one.a and other.a would share one file, 'folder/stem_a.webp' for 'folder/stem.webp'."
    )


@isolate_apps("tests.shop")
def test_what_is_inherited_is_checked_once():
    class Post(models.Model):
        image = models.ImageField()
        variants = DerivedImagesManager("imagine")

        class Meta:
            app_label = "shop"

    class Child(Post):
        class Meta:
            app_label = "shop"

    class Proxy(Post):
        class Meta:
            app_label = "shop"
            proxy = True

    assert [message.obj for message in check_managers([apps_of(Post)])] == [POST]


def test_fields_that_are_searched_without_an_index_are_named():
    (message,) = [each for each in check_managers(None) if each.id == "derived_images.I001"]

    assert "shop.Document.file" in message.msg
    assert "shop.Plain.image" in message.msg
    assert "shop.Photo.image" not in message.msg


@isolate_apps("tests.shop")
def test_they_are_not_named_where_nothing_is_cleaned_up():
    class Post(models.Model):
        image = models.ImageField()

        class Meta:
            app_label = "shop"

    assert check_managers([apps_of(Post)]) == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"PROCESOR": "none"}, "DERIVED_IMAGES has no key 'PROCESOR'."),
        (["none"], "DERIVED_IMAGES must be a dict, not ['none']."),
        (None, "DERIVED_IMAGES must be a dict, not None."),
        ({"RECIPES": []}, "DERIVED_IMAGES['RECIPES'] is [], which is no mapping."),
        ({"MAX_PIXELS": "many"}, "DERIVED_IMAGES['MAX_PIXELS'] must be a number, not 'many'."),
        (
            {"GRACE": 60},
            "DERIVED_IMAGES['GRACE'] must be a timedelta of no less than 0 or None, not 60.",
        ),
        (
            {"GRACE": timedelta(-1)},
            "DERIVED_IMAGES['GRACE'] must be a timedelta of no less than 0 or None, "
            "not datetime.timedelta(days=-1).",
        ),
        ({"KEEP": "os.path"}, "DERIVED_IMAGES['KEEP'] is 'os.path', which cannot be called."),
        (
            {"PROCESSOR": "key_of"},
            "DERIVED_IMAGES['PROCESSOR'] is 'key_of', which cannot be imported: "
            "key_of doesn't look like a module path",
        ),
        (
            {"PROCESSOR": "shop.missing"},
            "DERIVED_IMAGES['PROCESSOR'] is 'shop.missing', which cannot be imported: "
            "No module named 'shop'",
        ),
        (
            {"KEEP": "tests.nothing"},
            "DERIVED_IMAGES['KEEP'] is 'tests.nothing', which cannot be imported: "
            'Module "tests" does not define a "nothing" attribute/class',
        ),
    ],
)
def test_settings_are_checked(options, message, settings):
    settings.DERIVED_IMAGES = options

    assert [(each.id, each.msg) for each in check_settings()] == [("derived_images.E007", message)]
    assert all(each.hint for each in check_settings())


def apps_of(model):
    """Return the app of an isolated model."""
    assert model._meta.apps is not apps
    return model._meta.app_config


@isolate_apps("tests.shop")
def test_a_subclass_of_our_field_is_ours():
    class OwnField(AutoCleanupImageField):
        pass

    class Post(models.Model):
        image = OwnField()

        class Meta:
            app_label = "shop"

    assert {message.id for message in check_managers([apps_of(Post)])} == {"derived_images.I001"}


@pytest.mark.skipif(DB_CASCADE is None, reason="Django 6.1 has it first")
@isolate_apps("tests.shop")
def test_a_cascade_in_the_database_is_told_once():
    class Shelf(models.Model):
        class Meta:
            app_label = "shop"

    class Post(models.Model):
        shelf = models.ForeignKey(Shelf, on_delete=DB_CASCADE)
        image = AutoCleanupImageField(db_index=True)

        class Meta:
            app_label = "shop"

    class Letter(Post):
        stamp = AutoCleanupImageField()

        class Meta:
            app_label = "shop"

    warnings = [each for each in check_managers([apps_of(Post)]) if each.id.endswith("W003")]

    assert told(warnings) == [
        (
            "W003",
            "shop.Post.shelf",
            "The database deletes these rows itself, and their files in image stay.",
        )
    ]


def test_a_budget_beyond_pillows_own_is_told(settings):
    settings.DERIVED_IMAGES = {"MAX_PIXELS": 300_000_000}
    (message,) = check_settings()

    assert message.id == "derived_images.W002"
    assert message.msg.endswith("but Pillow refuses pictures of more than 178956970 pixels.")


@pytest.mark.parametrize("options", [None, [], {"RECIPES": None}])
def test_managers_can_be_checked_whatever_the_settings_are(options, settings):
    settings.DERIVED_IMAGES = options

    assert [
        message.id for message in check_managers(None) if message.id != "derived_images.I001"
    ] == ([] if options != {"RECIPES": None} else ["derived_images.E003"] * 3)


@pytest.mark.parametrize(
    ("key", "choices"),
    [
        ("URLS", "'storage', 'view'"),
        ("MISSING", "'render', 'source', '404'"),
        ("SERVE", "'stream', 'X-Accel-Redirect', 'X-Sendfile', 'redirect'"),
    ],
)
def test_choices_of_settings_are_checked(settings, key, choices):
    settings.DERIVED_IMAGES = {key: "nonsense"}
    (message,) = check_settings()

    assert message.msg == f"DERIVED_IMAGES[{key!r}] is 'nonsense'."
    assert message.hint == f"Choices are: {choices}."


def test_an_engine_must_be_installed(settings, monkeypatch):
    settings.DERIVED_IMAGES = {"PROCESSOR": "celery"}
    assert list(check_settings()) == []

    monkeypatch.delitem(sys.modules, "derived_images.processors.celery")
    monkeypatch.setitem(sys.modules, "celery", None)
    (message,) = check_settings()
    assert message.msg.startswith(
        "DERIVED_IMAGES['PROCESSOR'] is 'celery', which cannot be imported"
    )
    assert message.hint == (
        "Give inline, none, django_tasks, celery or the dotted path of a callable."
    )


def test_the_hook_must_be_importable(settings):
    settings.DERIVED_IMAGES = {"AUTHORIZE": "nowhere.to.be"}
    (message,) = check_settings()

    assert message.msg.startswith("DERIVED_IMAGES['AUTHORIZE'] is 'nowhere.to.be', which cannot be")


class TestFocus:
    """What a recipe asks where to look."""

    def found(self, field=None, asked="focus", second=None, source=AutoCleanupImageField):
        with isolate_apps("tests.shop") as isolated:

            class Post(models.Model):
                image = source()
                focus = field or models.CharField(max_length=20)
                other = models.TextField()
                variants = DerivedImagesManager(
                    "image", {"a": Fill(1, 1, focus=asked), "b": Fill(2, 2, focus=second)}
                )

                class Meta:
                    app_label = "shop"

            found = check_managers(isolated.get_app_configs())
        return told(each for each in found if each.id == "derived_images.E011")

    @pytest.mark.parametrize("asked", ["focus", "other"])
    def test_a_text_field_is_fine(self, asked):
        assert self.found(asked=asked) == []

    @pytest.mark.parametrize(
        ("field", "asked"), [(models.IntegerField(), "focus"), (None, "fokus"), (None, "image")]
    )
    def test_it_must_be_a_text_field(self, field, asked):
        assert self.found(field, asked, asked) == [
            ("E011", POST, f"{asked!r} is no text field of shop.Post, where image is.")
        ]

    def test_it_must_have_room(self):
        assert self.found(models.CharField(max_length=8)) == [
            ("E011", POST, "'focus' is no text field of 9 characters, as a focal point has.")
        ]

    def test_it_must_be_where_the_source_is(self):
        with isolate_apps("tests.shop") as isolated:

            class Post(models.Model):
                image = AutoCleanupImageField()

                class Meta:
                    app_label = "shop"

            class Child(Post):
                focus = models.CharField(max_length=20)
                variants = DerivedImagesManager("image", {"a": Fill(1, 1, focus="focus")})

                class Meta:
                    app_label = "shop"

            found = told(check_managers(isolated.get_app_configs()))
        message = "'focus' is no text field of shop.Post, where image is."
        assert ("E011", "shop.Child.variants", message) in found

    def test_a_plain_field_cannot_tell_it(self):
        assert self.found(source=models.ImageField) == [
            ("E011", POST, "No name on a plain ImageField tells a focal point.")
        ]

    def test_a_picture_has_one(self):
        assert self.found(second="other") == [
            ("E011", POST, "A picture has one focal point, and focus and other would each be it.")
        ]

    def test_what_is_no_mapping_is_told_of_our_field_too(self):
        with isolate_apps("tests.shop") as isolated:

            class Post(models.Model):
                image = AutoCleanupImageField()
                variants = DerivedImagesManager("image", ["thumb"])

                class Meta:
                    app_label = "shop"

            found = told(check_managers(isolated.get_app_configs()))
        assert ("E003", POST, "The recipes are ['thumb'], which is no mapping.") in found

    def test_it_is_a_name(self):
        assert told(faults({"a": Fill(1, 1, focus=5)})) == [
            ("E003", POST, "'a': focus must be the name of a text field, not 5.")
        ]
