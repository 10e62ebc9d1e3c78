"""What may happen to the shares of tenants, in the model check."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.integration import moves_of_outbox

TENANTS = st.sampled_from(["", "red", "blue"])
WHOSE = st.builds(
    lambda tenant, cost: {"tenant": tenant, "cost_seconds": cost}, TENANTS, st.sampled_from([20.0, 60.0, 300.0])
)


class Sharing(moves_of_outbox.Telling):
    """What operators do to tenants."""

    @rule(tenant=TENANTS, weight=st.sampled_from([0.5, 1.0, 3.0]), most=st.sampled_from([0, 0, 1, 2]))
    def an_operator_weighs_a_tenant(self, tenant: str, weight: float, most: int) -> None:
        settings = replace(self.model.terms_of(tenant), weight=weight, max_live=most)
        self.both("weigh", self.any.tenants.put(settings), lambda: self.model.weigh(settings))
