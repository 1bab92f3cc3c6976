"""What a project may decide."""

import pytest
from django.contrib.auth.models import AnonymousUser, Permission
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ImproperlyConfigured
from django.test.utils import isolate_apps

from derived_images.attachments.models import Image
from derived_images.attachments.policy import Policy, policy
from tests.attachments.models import Company, Organization, Part
from tests.pictures import picture

pytestmark = pytest.mark.django_db


def test_nobody_owns_anything_unless_a_project_says_so(part):
    assert policy().owner_of(part) is None
    assert policy().owner_key(None) == ""
    assert policy().owner("") is None


def test_an_owner_is_any_row(owners):
    key = Policy().owner_key(owners[1])

    assert key == f"tests_attachments.organization:{owners[1].pk}"
    assert Policy().owner(key) == owners[1]
    Organization.objects.all().delete()
    assert Policy().owner(key) is None


@isolate_apps("tests.attachments")
def test_an_owner_is_the_same_by_a_proxy_and_must_be_there(owners):
    class Club(Organization):
        class Meta:
            proxy = True
            app_label = "nowhere"

    assert Policy().owner_key(Club(pk=7)) == Policy().owner_key(Organization(pk=7))
    with pytest.raises(ValueError, match="must be saved before it owns anything"):
        Policy().owner_key(Organization())


@pytest.mark.parametrize("key", ["org-7", "gone.model:7", "auth.user:ada", ":", "::"])
def test_a_key_that_leads_nowhere_has_no_owner(key):
    assert Policy().owner(key) is None


def test_keys_need_not_lead_back(owners, settings):
    settings.DERIVED_IMAGES |= {"POLICY": "tests.attachments.policies.OfKeys"}
    image = Part.objects.create(organization=owners[0]).attach(picture()).image
    image.title = "Cat"
    image.save()

    assert image.owner is None
    assert list(Image.objects.owned_by(owners[0])) == [image]


@pytest.mark.parametrize("owner", ["organization-b", 7])
def test_what_is_no_row_owns_nothing(owner, stored):
    message = f"{owner!r} is no owner: give a row of a model, or write `owner_key\\(\\)`."
    with pytest.raises(TypeError, match=message):
        Image.objects.owned_by(owner)
    with pytest.raises(TypeError, match=message):
        Image.objects.upload(picture(), owner=owner)
    assert not stored()


def test_the_projects_own_is_asked(settings, part):
    settings.DERIVED_IMAGES = {"POLICY": "tests.attachments.policies.OfOrganizations"}
    assert type(policy()).__name__ == "OfOrganizations"


class TestWhoMay:
    """As it is where a project has no rules of its own: Django's permissions."""

    def test_nobody_without_a_name(self, part):
        for user in (None, AnonymousUser()):
            assert not Policy().may_enter(user)
            assert not Policy().may_attach_to(user, part)
            assert not Policy().may_upload(user, None)

    def test_all_see_all(self, part, django_user_model):
        user = django_user_model.objects.create(username="ada")
        image = part.attach(picture()).image
        assert Policy().may_enter(user)
        assert Policy().sees_row(user, part)
        assert list(Policy().visible_images(user, Image.objects.all())) == [image]

    @pytest.mark.parametrize(
        ("codename", "allowed"),
        [
            ("change_part", {"attach"}),
            ("add_image", {"upload"}),
            ("change_image", {"change"}),
            ("change_company", set()),
        ],
    )
    def test_by_permissions(self, part, django_user_model, codename, allowed):
        user = django_user_model.objects.create(username="ada")
        user.user_permissions.add(permission(codename))
        image = part.attach(picture()).image
        may = {
            "attach": Policy().may_attach_to(user, part),
            "upload": Policy().may_upload(user, None),
            "change": Policy().may_change(user, image),
        }
        assert {name for name, is_allowed in may.items() if is_allowed} == allowed

    def test_an_address_tells_of_no_owner(self):
        with pytest.raises(ImproperlyConfigured, match="must tell whose"):
            Policy().owner_at(None, organization="Acme")


def permission(codename):
    model = {"part": Part, "company": Company, "image": Image}[codename.partition("_")[2]]
    kind = ContentType.objects.get_for_model(model)
    return Permission.objects.get_or_create(codename=codename, content_type=kind)[0]
