"""The rules that keep out who has no business here, each taken out in turn; see `test_mutations`."""

from __future__ import annotations

import pytest

from tests.integration import test_employer as employer
from tests.integration.test_mutations import Sentence, check_rule

pytestmark = pytest.mark.asyncio

OTHERS = "if before[1] and before[1] ~= account and live > 0 then return {0, live, before[1]} end"

RULES: list[tuple[str, str, str, Sentence]] = [
    ("employ", OTHERS, "", employer.test_a_worker_of_another_account_is_kept_out_while_vendor_tasks_are_live),
    ("employ", "and live > 0", "", employer.test_once_they_have_ended_the_queue_is_the_other_account_s),
    ("employ", " - redis.call('ZCARD', quarantine)", "", employer.test_what_was_given_up_keeps_nobody_out),
    (
        "employ",
        "before[1] and before[1] ~= account",
        "before[1] ~= account",
        employer.test_a_queue_of_a_release_that_knew_of_no_accounts_takes_the_first_that_comes,
    ),
    (
        "employ",
        "before[2] and before[2] ~= secret and 1 or 0",
        "0",
        employer.test_another_credential_of_the_same_account_is_let_in_and_noticed_once,
    ),
]


@pytest.mark.parametrize(("verb", "line", "instead", "sentence"), RULES)
async def test_a_rule_that_is_taken_out_is_missed(store, verb, line, instead, sentence):
    await check_rule(store, verb, line, instead, sentence)
