"""Images with an owner that is a foreign key, and with whatever else one likes."""

from django.db import models

from derived_images.attachments import ImagesMixin, Policy
from derived_images.attachments.models import AbstractImage


class Team(models.Model):
    name = models.CharField(max_length=50)


class Picture(AbstractImage):
    owner = models.ForeignKey(Team, models.CASCADE)
    photographer = models.CharField(max_length=50, blank=True)
    seen_by = models.ManyToManyField(Team, related_name="+")
    made_for = models.ForeignKey("Part", models.CASCADE, null=True)


class Part(ImagesMixin, models.Model):
    team = models.ForeignKey(Team, models.CASCADE, null=True)
    photo = models.ImageField(blank=True)


class OfTeams(Policy):
    def owner_of(self, row):
        return row.team

    def owner_key(self, owner):
        return f"team-{owner.pk}"
