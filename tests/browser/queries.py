"""Prints how many queries each page of the workshop takes, before and after it has more rows.

A program of its own: the example's settings are not the suite's.
"""

import json

import django
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext, setup_test_environment

ADDRESS = "/workshop/lakeside-press/"


def counts(pages: list[str]) -> list[int]:
    """Return the number of queries of each page."""
    client, numbers = Client(), []
    for page in pages:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(page).status_code == 200
        numbers.append(len(queries))
    return numbers


def main() -> None:
    from workshop.models import Organization

    organization = Organization.objects.get(slug="lakeside-press")
    part = organization.part_set.get(name__startswith="Calendar")
    pages = [ADDRESS, f"{ADDRESS}library/", part.get_absolute_url()]
    counts(pages)  # Content types are read once for all.
    before = counts(pages)
    for number in range(5):
        for model in (organization.company_set, organization.part_set):
            part.copy_images_to(model.create(name=f"More {number}"))
        part.attach(next(iter(organization.place_set.exclude(images=None))).cover)
    print(json.dumps([before, counts(pages)]))


if __name__ == "__main__":
    django.setup()
    setup_test_environment()
    with transaction.atomic():
        main()
        transaction.set_rollback(True)
