"""Work that a database ends for another's sake."""

import pytest
from django.db import OperationalError, connection, transaction

from derived_images.attachments.locking import ATTEMPTS, in_transaction


class Work:
    """Fails as often as it is told to."""

    def __init__(self, failures, code=1213):
        self.failures = failures
        self.code = code
        self.done = 0

    def __call__(self):
        assert connection.in_atomic_block
        self.done += 1
        if self.done <= self.failures:
            raise OperationalError(self.code, "Deadlock found when trying to get lock")
        return self.done


@pytest.mark.django_db(transaction=True)
class TestInTransaction:
    def test_work_is_done_once(self):
        assert in_transaction("default", Work(0)) == 1

    def test_it_is_tried_again_some_times(self):
        assert in_transaction("default", Work(ATTEMPTS)) == ATTEMPTS + 1
        work = Work(ATTEMPTS + 1)
        with pytest.raises(OperationalError):
            in_transaction("default", work)
        assert work.done == ATTEMPTS + 1

    def test_within_a_transaction_it_is_not(self):
        work = Work(1)
        with transaction.atomic(), pytest.raises(OperationalError):
            in_transaction("default", work)
        assert work.done == 1

    def test_what_no_other_try_will_mend_is_not(self):
        work = Work(1, "no such table: images")
        with pytest.raises(OperationalError):
            in_transaction("default", work)
        assert work.done == 1

    def test_other_errors_are_not_tried_again(self):
        calls = []
        with pytest.raises(ZeroDivisionError):
            in_transaction("default", lambda: calls.append(1) or 1 / 0)
        assert calls == [1]


def test_on_sqlite_nobody_fails_for_anothers_sake(tell):
    tell("tests.attachments.moved", "busy")
