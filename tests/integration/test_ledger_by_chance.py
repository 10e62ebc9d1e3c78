"""The ledger adds up to the millionth, whatever happens: the machine of `test_machine`, with money in mind."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.integration import moves, still
from tests.integration.test_machine import Machine, run_machine

DULL = (
    "record_progress", "reorder", "look", "one_ends_and_its_client_is_told", "take_notes",
    "enqueue_the_same_id_again", "enqueue_two_for_later", "an_operator_changes_the_law_of_one_process", "bound",
)  # fmt: skip
"""Rules that move no money."""


@pytest.mark.timeout(1800 if moves.FULL else 300)
def test_after_any_sequence_the_ledger_adds_up_to_the_millionth_and_no_budget_is_overdrawn(redis_url: str) -> None:
    rich = {"backlog_limit": 30, "budget_day": "2", "budget_month": "1099513.7", "unpriced": "allow"}
    with still.world(redis_url, limit_policy="step", default_threshold=6, **rich) as one:
        members = {"world": one, "steps": Counter(), **dict.fromkeys(DULL)}
        machine = type("Books", (Machine,), members)
        run_machine(machine, settings=moves.PROFILE)

    assert min(machine.steps[verb] for verb in ("settle", "retry", "requeue", "cancel")) > moves.PROFILE.max_examples
