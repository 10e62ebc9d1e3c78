"""A short run of the fault laboratory; the long ones are `python -m chaos --minutes 10 --seed N`."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from chaos.laboratory import Laboratory
from chaos.plan import plan


@pytest.mark.timeout(400)
def test_the_books_balance_after_half_a_minute_of_faults(tmp_path: Path) -> None:
    laboratory = Laboratory(seed=1, seconds=30, tasks=120, fsync="always", folder=tmp_path, steps=plan(1, 30))

    outcome = asyncio.run(laboratory.run())

    assert outcome.figures["completed"] > 100
    assert outcome.figures["pause points"].startswith("1, with")
    assert sum(outcome.figures["faults"].values()) > 10
    assert {check.rule: check.broken for check in outcome.checks if check.broken} == {}
