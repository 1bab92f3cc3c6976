"""What projects may decide: whose images are whose, and who may what."""

from derived_images.attachments import Policy
from tests.attachments.models import Organization, Part


class Discarding(Policy):
    """An image goes when it leaves its last row."""

    keeps_unused = False


class OfOrganizations(Policy):
    """Images are an organization's, and so are the rows that they are on."""

    def owner_of(self, row):
        return getattr(row, "organization", None)


class DiscardingOfOrganizations(Discarding, OfOrganizations):
    pass


class OfKeys(OfOrganizations):
    """Tells owners apart by keys of its own, which lead back to nobody."""

    def owner_key(self, owner):
        return f"org-{owner.pk}" if owner else ""


class OfNamesakes(OfOrganizations):
    """A user changes what is an organization's of the same name."""

    def may_attach_to(self, user, row):
        return user.username == row.organization.name


class OfTheirOrganization(Policy):
    """Tells nothing of a row without an organization."""

    def owner_of(self, row):
        return row.organization.pk and row.organization


class HidingFirst(OfOrganizations):
    """Nobody sees the first row."""

    def sees_row(self, user, row):
        return row.pk != Part.objects.order_by("pk").first().pk


class OfSavedRows(Policy):
    """Nothing can be said of a row without a key, and nobody changes one with it."""

    def may_attach_to(self, user, row):
        if row.pk is None:
            raise ValueError("It needs a primary key.")
        return False


class LookOnly(Policy):
    """Nobody changes an image, nor what is on a row."""

    def may_attach_to(self, user, row):
        return False

    def may_change(self, user, image):
        return False


def is_member(user, organization):
    return user.is_staff or (organization is not None and user.username == organization.name)


def sees(user, organization):
    is_reader = organization is not None and user.last_name == organization.name
    return is_reader or is_member(user, organization)


class OfMembers(Policy):
    """A user is a member of the organization with that name, or a reader by last name; staff are of all."""

    def owner_of(self, row):
        return getattr(row, "organization", None)

    def owner_at(self, user, organization):
        found = Organization.objects.filter(name=organization).first()
        return found if found and sees(user, found) else None

    def visible_images(self, user, images):
        if user.is_staff:
            return images
        mine = Organization.objects.filter(name__in=[user.username, user.last_name])
        return images.filter(stored__owner_key__in=[self.owner_key(each) for each in mine])

    def sees_row(self, user, row):
        return sees(user, self.owner_of(row))

    def may_attach_to(self, user, row):
        return is_member(user, self.owner_of(row))

    def may_upload(self, user, owner):
        return is_member(user, owner)

    def may_change(self, user, image):
        return is_member(user, image.owner)
