"""What is done on the site: `python -m tests.engines.site upload`, `missing`, or `heal`."""

import json
import sys

import django


def upload() -> None:
    """Make the tables, and twenty posters; each is handed to the engine twice."""
    from django.core.management import call_command

    from derived_images import tasks
    from tests.engines.models import Poster
    from tests.pictures import picture

    call_command("migrate", run_syncdb=True, verbosity=0)
    for number in range(20):
        poster = Poster.objects.create(image=picture(f"{number}.jpg"))
        tasks.schedule_rendering(poster, Poster.image.field, poster.image.name, "default")


def missing() -> None:
    """Print which variants are not there, and every name that there should be."""
    from tests.engines.models import Poster

    posters = list(Poster.objects.all())
    absent = [f"{poster.pk} {name}" for poster in posters for name in poster.variants.missing()]
    names = [poster.image.name for poster in posters]
    names += [variant.name for poster in posters for variant in poster.variants.values()]
    print(json.dumps([absent, names]))


def heal() -> None:
    """Render what is missing, as a project does after an engine lost it."""
    from tests.engines.models import Poster

    for poster in Poster.objects.all():
        lost = poster.variants.missing()
        if lost:
            poster.variants.render(*lost)


if __name__ == "__main__":
    import tests.engines.celery_app  # noqa: F401

    django.setup()
    {"upload": upload, "missing": missing, "heal": heal}[sys.argv[1]]()
