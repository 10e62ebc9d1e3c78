"""The rules about money, each taken out in turn; see `test_mutations`."""

from __future__ import annotations

import pytest

from tests.integration import test_ledger as ledger
from tests.integration.test_mutations import Sentence, check_rule

pytestmark = pytest.mark.asyncio

RULES: list[tuple[str, str, str, Sentence]] = [
    (
        "enqueue",
        "if refusal then return refusal end",
        "",
        ledger.test_the_next_day_has_a_budget_of_its_own,
    ),
    (
        "enqueue",
        "settled + committed + terms.estimate > limits[i]",
        "settled + terms.estimate > limits[i]",
        ledger.test_the_next_day_has_a_budget_of_its_own,
    ),
    (
        "enqueue",
        "terms.estimate > terms.max_cost then",
        "false then",
        ledger.test_what_may_cost_more_than_its_client_wants_is_refused,
    ),
    (
        "enqueue",
        "return {'unpriced'}",
        "return nil",
        ledger.test_without_a_price_a_task_is_refused_where_it_must_not_cost_too_much,
    ),
    (
        "enqueue",
        "for _, purse in ipairs(places) do redis.call('EXPIRE', purse, KEPT_SECONDS) end",
        "",
        ledger.test_the_ledger_is_kept_for_four_hundred_days,
    ),
    (
        "settle",
        "\npay(spend, task, cost, millis)\n",
        "\n",
        ledger.test_a_video_comes_to_what_the_vendor_counts_and_the_rest_of_the_promise_is_free,
    ),
    (
        "settle",
        "add(places, 'committed', '-' .. record[1])",
        "",
        ledger.test_what_costs_nothing_gives_its_promise_back,
    ),
    (
        "settle",
        "redis.call('HDEL', task, 'cost_committed')",
        "",
        ledger.test_a_settlement_that_comes_twice_counts_once,
    ),
    (
        "cancel",
        "if cost < 0 or cost == 0 and record[5] then",
        "if cost < 0 then",
        ledger.test_of_an_attempt_of_which_nobody_knows_a_cancel_does_not_make_it_free,
    ),
    (
        "cancel",
        "if forgotten(places) then return end\n    if",
        "if",
        ledger.test_what_is_open_for_longer_than_the_ledger_is_kept_leaves_no_debt_behind,
    ),
    ("cancel", "pay(spend, task, 0, 0)", "", ledger.test_a_queued_task_that_is_taken_back_or_is_too_late_is_free),
    ("expire", "pay(spend, task, 0, 0)", "", ledger.test_a_queued_task_that_is_taken_back_or_is_too_late_is_free),
    (
        "retry",
        "if charged == 1 then charge(spend, task) end",
        "",
        ledger.test_each_attempt_that_is_charged_counts_and_the_next_one_stays_promised,
    ),
    (
        "requeue",
        "promise(spend, record[4] or '', day, record[3])",
        "",
        ledger.test_a_requeue_is_promised_anew_on_its_own_day_and_no_budget_refuses_it,
    ),
]


@pytest.mark.parametrize(
    ("verb", "line", "instead", "sentence"), RULES, ids=[f"{verb}: {line.strip()[:40]}" for verb, line, *_ in RULES]
)
async def test_without_the_rule_its_test_fails(store, verb, line, instead, sentence):
    await check_rule(store, verb, line, instead, sentence)
