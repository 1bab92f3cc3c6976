"""What files and wants are compared with: it leaves nothing behind."""

import gc

from derived_images.comparison import Comparison


def test_it_is_closed_when_nobody_needs_it(recwarn):
    comparison = Comparison()
    comparison.settle([])
    del comparison
    gc.collect()

    # Before Python 3.13 nobody would complain.
    assert not recwarn.list
