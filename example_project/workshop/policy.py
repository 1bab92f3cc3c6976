"""Whose images are whose: each organization has a library, and sees no other."""

from derived_images.attachments import Policy


class OrganizationPolicy(Policy):
    def owner_of(self, row):
        return row.organization
