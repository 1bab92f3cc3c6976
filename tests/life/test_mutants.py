"""The mutants: each has its place in the library as it is now."""

import pytest

from tests.life.run_mutants import MUTANTS, ROOT


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_it_changes_one_place(mutant):
    assert (ROOT / mutant.path).read_text().count(mutant.old) == 1
