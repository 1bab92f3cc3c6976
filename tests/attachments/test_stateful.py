"""Random lives: what is on rows, what is in libraries and what is in the storage agree, always."""

import pytest

from tests import machines
from tests.attachments import stateful

pytestmark = pytest.mark.django_db(transaction=True)

#: Machine → examples.
EXAMPLES = {stateful.Gallery: 50, stateful.DiscardingGallery: 30}


@pytest.mark.parametrize("machine", EXAMPLES, ids=lambda machine: machine.__name__)
def test_rows_have_the_images_they_were_given(machine):
    machines.run(machine, examples=EXAMPLES[machine], fewer=4, steps=20)
