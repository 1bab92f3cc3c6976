"""Random lives, by families of rules apart and together: files follow their rows, always."""

import os

import pytest
from django.db import connection
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.life import stateful

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "other"])

#: Machine → examples.
EXAMPLES = {
    stateful.SharingLife: 40,
    stateful.TransactionLife: 60,
    stateful.HandleLife: 60,
    stateful.RetryLife: 60,
    stateful.InheritanceLife: 40,
    stateful.DatabaseLife: 40,
    stateful.Everything: 80,
}
#: Another one than the build's, which is always the same: `STATEFUL_SEED=3 pytest …`.
SEED = os.environ.get("STATEFUL_SEED")


@pytest.fixture(autouse=True)
def few_models(settings):
    """Install what lives here and no more: the fewer models, the cheaper a question who names a file."""
    settings.INSTALLED_APPS = stateful.INSTALLED_APPS


@pytest.mark.parametrize("machine", EXAMPLES, ids=lambda machine: machine.__name__)
def test_files_follow_their_rows(machine):
    examples = EXAMPLES[machine]
    if SEED is not None:
        machine = seed(int(SEED))(machine)
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples if connection.vendor == "sqlite" else examples // 10,
            stateful_step_count=15,
            derandomize=SEED is None,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            # It fails soon: `make stateful` looks for the shortest example.
            phases=[Phase.generate],
        ),
    )
