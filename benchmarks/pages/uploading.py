"""What a placeholder costs an upload."""

from __future__ import annotations

import time
from collections import defaultdict

from django.core.files.base import ContentFile

from benchmarks.pages.models import Ours, Placeholder
from benchmarks.pages.photographs import jpeg
from benchmarks.peers.pictures import DIMENSIONS, picture

MEGAPIXELS = 12
#: Way → the model that an upload is saved on.
MODELS = {"ours": Ours, "ours, placeholder": Placeholder}


def uploads(rounds: int) -> dict[str, list[float]]:
    """Return, of each way, the seconds of its uploads in every round but the first."""
    content = jpeg(picture(DIMENSIONS[MEGAPIXELS]))
    found: dict[str, list[float]] = defaultdict(list)
    for number in range(rounds + 1):
        for name, model in MODELS.items():
            file = ContentFile(content, "holiday.jpg")
            started = time.perf_counter()
            row = model._default_manager.create(title="Holiday", image=file)
            if number:
                found[name].append(time.perf_counter() - started)
            row.delete()
    return found
