"""What is done on the site: `python -m tests.engines.site upload`, `import`, `missing`, `heal`, or `manage`."""

import json
import os
import sys

import django
from django.core.management import execute_from_command_line


def upload() -> None:
    """Make twenty posters; each is handed to the engine twice."""
    from derived_images import tasks
    from tests.engines.models import Poster
    from tests.pictures import picture

    make_tables()
    for number in range(20):
        poster = Poster.objects.create(image=picture(f"{number}.jpg"))
        tasks.schedule_rendering(poster, Poster.image.field, poster.image.name, "default")


def import_() -> None:
    """Make twenty posters whose variants are nobody's business; each is of another width."""
    from tests.engines.models import Poster
    from tests.pictures import picture

    make_tables()
    Poster.objects.bulk_create(
        Poster(image=picture(f"{number}.jpg", (60 + number, 40)))
        for number in range(int(os.environ.get("POSTERS", "20")))
    )


def make_tables() -> None:
    from django.core.management import call_command

    call_command("migrate", run_syncdb=True, verbosity=0)


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

    if sys.argv[1] == "manage":
        execute_from_command_line(sys.argv[1:])
        sys.exit()
    django.setup()
    {"upload": upload, "import": import_, "missing": missing, "heal": heal}[sys.argv[1]]()
