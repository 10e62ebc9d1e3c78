"""The model check alone, without the tests that were written for a rule, finds nearly every rule of Lua that is gone.

Only scripts/full runs it: `pytest -s tests/rules/found_by_model.py` shows after how many steps.
"""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import Phase
from hypothesis import settings as hypothesis_settings
from hypothesis.stateful import run_state_machine_as_test as run_machine

from tests.integration.moves import PROFILE
from tests.integration.still import world
from tests.integration.test_machine import Machine
from tests.integration.test_mutations import PENDING, RULES

BEYOND = {
    PENDING: "the consumer group is never lost here",
    "if record[2] == queued_as then": "no write is ever half done here",
    "redis.call('XACK', stream, group, entry_id)\n    mend(task_id, 'a pending": "nothing is ever to be mended here",
}
"""Rules against what does not happen to the queue of the model, by their line."""
SOUGHT = [rule for rule in RULES if rule[1] not in BEYOND]
SEEK = hypothesis_settings(
    PROFILE, max_examples=400, derandomize=True, phases=[Phase.generate], report_multiple_bugs=False
)


@pytest.mark.timeout(900)
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("verb", "line", "instead", "sentence"), SOUGHT, ids=[f"{rule[0]}: {rule[1]}" for rule in SOUGHT]
)
def test_the_model_check_finds_that_a_rule_is_gone(
    redis_url: str, verb: str, line: str, instead: str, sentence: object
) -> None:
    with world(redis_url) as one:
        one.alter(verb, line, instead)
        machine = type("Queue", (Machine,), {"world": one, "steps": Counter()})
        try:
            run_machine(machine, settings=SEEK)
            found = False
        except Exception:
            found = True

    told = "found" if found else "NOT FOUND"
    print(f"\n{verb}: {' '.join(line.split())[:70]}: {told} after {machine.steps.total()} steps")
    assert found
