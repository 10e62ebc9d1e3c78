"""As in test_mutations: the rules by which tenants share the account."""

from __future__ import annotations

import pytest

from tests.integration import test_shares as shares
from tests.integration.test_mutations import Sentence, check_rule

pytestmark = pytest.mark.asyncio

RULES: list[tuple[str, str, str, Sentence]] = [
    (
        "enqueue",
        "math.max(moment, tonumber(redis.call('HGET', beside(order, 'finish'), tenant)) or 0)",
        "moment",
        shares.test_a_single_task_of_a_light_tenant_is_the_next_beside_ten_thousand_of_another,
    ),
    (
        "enqueue",
        "cost / weight / QUANTUM",
        "60 / weight / QUANTUM",
        shares.test_who_has_short_videos_has_more_of_them,
    ),
    (
        "enqueue",
        "cost / weight / QUANTUM",
        "cost / QUANTUM",
        shares.test_who_weighs_twice_as_much_has_twice_as_many,
    ),
    (
        "enqueue",
        "start + seq % TICKS * TICK",
        "start",
        shares.test_of_tenants_that_come_at_the_same_moment_the_older_is_first,
    ),
    (
        "claim",
        "lanes_moment(order, first.score)",
        "",
        shares.test_who_comes_late_is_not_owed_what_was_used_before,
    ),
    (
        "enqueue",
        "rotate(order, moved, tag, true)",
        "",
        shares.test_an_urgent_task_passes_those_of_its_own_tenant_only,
    ),
    (
        "enqueue",
        "own_of(order, tenant), own_key, tag, true)",
        "own_of(order, ''), own_key, tag, true)",
        shares.test_an_urgent_task_passes_those_of_its_own_tenant_only,
    ),
    (
        "retry",
        "if #moved == 0 then moved, behind",
        "if false then moved, behind",
        shares.test_a_retry_after_an_urgent_task_has_come_waits_for_it_and_leaves_others_where_they_are,
    ),
    (
        "cancel",
        "move(order, behind[i], free, behind[i + 1])",
        "",
        shares.test_what_is_taken_back_costs_its_tenant_nothing,
    ),
    (
        "cancel",
        "if #behind < 2 * MOST_FILLED then",
        "if false then",
        shares.test_what_is_taken_back_from_the_end_costs_its_tenant_nothing,
    ),
    (
        "expire",
        "leave(order, task, task_id)\n    redis.call('ZREM', waiting, task_id)",
        "redis.call('ZREM', queued, task_id)",
        shares.test_what_has_missed_its_deadline_costs_its_tenant_nothing,
    ),
    (
        "enqueue",
        "or seq + 10 * boost",
        "or 0",
        shares.test_what_an_older_release_has_queued_comes_first_and_keeps_its_order,
    ),
    (
        "enqueue",
        "redis.call('ZREM', own, page[i])",
        "",
        shares.test_what_a_worker_of_an_older_release_has_taken_is_dropped_from_the_own_order,
    ),
]


@pytest.mark.parametrize(
    ("verb", "line", "instead", "sentence"), RULES, ids=[f"{verb}: {line[:40]}" for verb, line, *_ in RULES]
)
async def test_without_the_rule_its_test_fails(store, verb, line, instead, sentence):
    await check_rule(store, verb, line, instead, sentence)
