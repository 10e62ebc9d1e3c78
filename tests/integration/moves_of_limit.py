"""What an operator may do to the limit of the model check's queue."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import rule

from aigcq.limit.law import Bounds, Law
from tests.integration import still

BOUNDS = [Bounds(), Bounds(), Bounds(minimum=3), Bounds(maximum=2), Bounds(2, 5), Bounds(maximum=9)]


class Bounding(still.Twins):
    """Bounds of the threshold come and go."""

    @rule(bounds=st.sampled_from(BOUNDS))
    def bound(self, bounds: Bounds) -> None:
        if self.stores:
            store = self.any
            most = Law.of(store.connection.settings).maximum
            self.both("bound", store.limits.bound(bounds), lambda: self.model.bound(*bounds, most))
