"""Who comes first: rows are locked in one order, so that two who meet never wait for each other.

The row that has images, then the image, then its stored file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from django.contrib.contenttypes.models import ContentType
from django.db import OperationalError, connections, transaction
from django.db.models import QuerySet

from derived_images.references import BATCH, batches, locked

Result = TypeVar("Result")

#: How often work is done again.
ATTEMPTS = 4
#: What says that work was ended for another's sake: PostgreSQL's states, MariaDB's numbers.
_ENDED = {"40001", "40P01", 1020, 1213}


def in_transaction(using: str, work: Callable[[], Result]) -> Result:
    """Do the work whole or not at all; again, if the database ended it for another's sake.

    MariaDB lets two who insert below one row, and lock it then, wait for each other, and ends one.
    """
    attempts = 0 if connections[using].in_atomic_block else ATTEMPTS
    while True:
        try:
            with transaction.atomic(using=using):
                _begin_writing(using)
                return work()
        except OperationalError as error:
            if not attempts or not _ENDED.intersection(_codes_of(error)):
                raise
            attempts -= 1


def _begin_writing(using: str) -> None:
    """Write nothing: SQLite lets a transaction that has read not write while another one does."""
    if not connections[using].features.has_select_for_update:
        ContentType._base_manager.using(using).filter(pk=0).update(model="")


def _codes_of(error: OperationalError) -> list[object]:
    return [getattr(error.__cause__, "sqlstate", None), *error.args[:1]]


def lock_in_order(rows: QuerySet[Any], keys: Iterable[Any], attname: str) -> None:
    """Lock the rows with these keys, from the least to the greatest, until the transaction ends."""
    # By keys alone: PostgreSQL locks through no outer join, MariaDB through every subquery.
    for some in batches(keys, BATCH):
        list(locked(rows.filter(pk__in=some).order_by("pk"), [attname]).values_list("pk"))
