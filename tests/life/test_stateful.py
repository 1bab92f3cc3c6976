"""Random lives, by families of rules apart and together: files follow their rows, always."""

import pytest

from tests import machines
from tests.life import stateful

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "other"])

#: Machine → examples.
EXAMPLES = {
    stateful.SharingLife: 40,
    stateful.LookingLife: 40,
    stateful.LookingBackLife: 60,
    stateful.TransactionLife: 60,
    stateful.HandleLife: 60,
    stateful.RetryLife: 60,
    stateful.InheritanceLife: 40,
    stateful.DatabaseLife: 40,
    stateful.Everything: 80,
}


@pytest.fixture(autouse=True)
def few_models(settings):
    """Install what lives here and no more: the fewer models, the cheaper a question who names a file."""
    settings.INSTALLED_APPS = stateful.INSTALLED_APPS


@pytest.mark.parametrize("machine", EXAMPLES, ids=lambda machine: machine.__name__)
def test_files_follow_their_rows(machine):
    machines.run(machine, examples=EXAMPLES[machine], fewer=10, steps=15)
