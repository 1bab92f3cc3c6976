"""What projects may decide."""

from derived_images.attachments import Policy


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
