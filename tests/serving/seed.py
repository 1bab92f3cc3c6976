"""Fill a site: `python -m tests.serving.seed` makes its tables and files, and prints their names."""

import json
import os
from pathlib import Path

import django
from django.core.management import call_command

#: Names as our field gives them, of files that are made by hand.
LARGE = "exhibits/large_1x1_x7kq2mz9.jpg"
SECRET = "secret_1x1_x7kq2mz9.jpg"
LINK = "exhibits/link_1x1_x7kq2mz9.jpg"
LARGE_SIZE = 2**31


def main() -> None:
    django.setup()
    from django.conf import settings

    from tests.pictures import picture
    from tests.serving.models import Exhibit

    call_command("migrate", run_syncdb=True, verbosity=0)
    shown = Exhibit.objects.create(image=picture("shown.jpg", (2000, 1000)))
    hidden = Exhibit.objects.create(image=picture("hidden.jpg", (200, 100)), is_hidden=True)
    missing = Exhibit.objects.create(image=picture("missing.jpg", (2000, 1000)))
    missing.variants.delete()
    media = settings.MEDIA_ROOT
    with (media / LARGE).open("wb") as file:
        file.truncate(LARGE_SIZE)  # It takes no room on the disk.
    Path(settings.SITE, SECRET).write_text("secret")
    (media / LINK).symlink_to(Path(settings.SITE, SECRET))
    (media / "linked").symlink_to(settings.SITE)
    os.truncate(settings.SITE / "notes", 0)
    rows = {"shown": shown, "hidden": hidden, "missing": missing}
    print(json.dumps({name: row.variants.urls() for name, row in rows.items()}))


if __name__ == "__main__":
    main()
