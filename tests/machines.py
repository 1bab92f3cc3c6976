"""How the random lives are run in a build: always the same ones, unless one asks for others."""

import os

from django.db import connection
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

#: Another seed than the build's: `STATEFUL_SEED=3 pytest …`.
SEED = os.environ.get("STATEFUL_SEED")


def run(machine, *, examples: int, fewer: int, steps: int) -> None:
    """Run so many lives of a machine; a database server has `fewer` times fewer."""
    if SEED is not None:
        machine = seed(int(SEED))(machine)
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples if connection.vendor == "sqlite" else examples // fewer,
            stateful_step_count=steps,
            derandomize=SEED is None,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            # It fails soon: the shortest example takes its time.
            phases=[Phase.generate],
        ),
    )
