"""Short outages of the vendor; those of an hour are `python -m chaos.outage --kind silent --minutes 60`."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from chaos.outage import Kind, Outage, Plan


@pytest.mark.timeout(240)
@pytest.mark.parametrize("kind", Kind)
def test_an_outage_of_the_vendor_fails_no_task_and_none_is_paid_twice(kind: Kind, tmp_path: Path) -> None:
    outage = Outage(Plan.scaled(kind, seconds=10, seed=1), tmp_path, say=lambda _: None)

    outcome = asyncio.run(outage.run())

    assert {rule: found for rule, found in outcome.rules.items() if found} == {}
    assert outcome.figures["completed"] == outage.plan.tasks
