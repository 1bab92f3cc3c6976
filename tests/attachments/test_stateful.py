"""Random lives: what is on rows, what is in libraries and what is in the storage agree, always."""

import os

import pytest
from django.db import connection
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.attachments import stateful

pytestmark = pytest.mark.django_db(transaction=True)

#: Machine → examples.
EXAMPLES = {stateful.Gallery: 50, stateful.DiscardingGallery: 30}
#: Another one than the build's, which is always the same: `STATEFUL_SEED=3 pytest …`.
SEED = os.environ.get("STATEFUL_SEED")


@pytest.mark.parametrize("machine", EXAMPLES, ids=lambda machine: machine.__name__)
def test_rows_have_the_images_they_were_given(machine):
    examples = EXAMPLES[machine]
    if SEED is not None:
        machine = seed(int(SEED))(machine)
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples if connection.vendor == "sqlite" else examples // 4,
            stateful_step_count=20,
            derandomize=SEED is None,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            # It fails soon; the shortest example takes its time.
            phases=[Phase.generate],
        ),
    )
