"""Whose images are whose: each organization has a library, and its members see no other."""

from derived_images.attachments import Policy

from .models import Organization


class OrganizationPolicy(Policy):
    def owner_of(self, row):
        return row.organization

    # What the API asks: members may do everything, others see nothing.

    def owner_at(self, user, organization):
        return Organization.objects.filter(members=user, slug=organization).first()

    def visible_images(self, user, images):
        own = Organization.objects.filter(members=user)
        return images.filter(stored__owner_key__in=[self.owner_key(each) for each in own])

    def sees_row(self, user, row):
        return row.organization.members.contains(user)

    def may_attach_to(self, user, row):
        return self.sees_row(user, row)

    def may_upload(self, user, owner):
        return owner is not None and owner.members.contains(user)

    def may_change(self, user, image):
        return self.may_upload(user, image.owner)
