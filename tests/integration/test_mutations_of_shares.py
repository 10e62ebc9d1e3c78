"""As in test_mutations: the rules by which tenants share the account."""

from __future__ import annotations

import pytest

from tests.integration import test_backlogs as backlogs
from tests.integration import test_caps as caps
from tests.integration import test_shares as shares
from tests.integration.test_mutations import Sentence, check_rule

pytestmark = pytest.mark.asyncio

RULES: list[tuple[str, str, str, Sentence]] = [
    (
        "enqueue",
        "math.max(moment, tonumber(redis.call('HGET', beside(order, 'finish'), tenant)) or 0)",
        "moment",
        shares.test_two_that_have_come_at_once_take_turns,
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
        "rotate(order, tenant, moved, tag, true)",
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
        "move(order, record[1], behind[i], free, behind[i + 1])",
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
    # Backlogs.
    (
        "enqueue",
        "unfinished_of(stream, tenant, unfinished) >= most",
        "false",
        backlogs.test_a_tenant_at_its_limit_is_refused_and_others_are_not,
    ),
    (
        "enqueue",
        "unfinished_of(stream, tenant, unfinished) >= most",
        "unfinished >= most",
        backlogs.test_a_limit_of_its_own_does_not_count_what_others_have,
    ),
    (
        "expire",
        "has_ended(stream, task, task_id)\n    tell",
        "tell",
        backlogs.test_a_deadline_that_is_over_makes_room,
    ),
    (
        "repair",
        "    look_at_backlogs()\n",
        "",
        backlogs.test_what_an_older_release_has_ended_counts_until_the_next_repair,
    ),
    # Caps.
    (
        "claim",
        "caps[tenant].live < caps[tenant].most",
        "true",
        caps.test_a_tenant_has_no_more_at_once_than_its_cap_and_others_have_all_the_rest,
    ),
    (
        "claim",
        "cap.live = cap.live + 1",
        "",
        caps.test_a_tenant_has_no_more_at_once_than_its_cap_and_others_have_all_the_rest,
    ),
    (
        "claim",
        "redis.call('ZADD', cap.held, 0, first.task_id)",
        "",
        caps.test_who_is_at_its_cap_goes_on_as_soon_as_one_of_its_own_has_ended,
    ),
    (
        "claim",
        "redis.call('ZDIFF', 2, held, order.permits)",
        "{}",
        caps.test_who_is_at_its_cap_goes_on_as_soon_as_one_of_its_own_has_ended,
    ),
    (
        "claim",
        "redis.call('ZINTERSTORE', held, 2, held, order.permits, 'WEIGHTS', 0, 1)",
        "redis.call('ZCARD', held)",
        caps.test_who_is_at_its_cap_goes_on_as_soon_as_one_of_its_own_has_ended,
    ),
    (
        "claim",
        "for _, tenant in ipairs(tenants) do let_in(order, tenant) end",
        "",
        caps.test_a_cap_that_is_raised_or_taken_away_counts_at_once,
    ),
    (
        "claim",
        "if whose == tenant then redis.call('ZADD', held, 0, task_id) end",
        "",
        caps.test_what_runs_already_counts_when_a_cap_is_set,
    ),
    (
        "claim",
        "redis.call('EXISTS', beside(order, 'full')) == 0",
        "true",
        caps.test_a_long_backlog_of_who_is_at_its_cap_is_passed_and_costs_the_next_claims_nothing,
    ),
    (
        "claim",
        "if not below then put_aside(order, first.tenant, caps[first.tenant].held) end",
        "",
        caps.test_a_long_backlog_of_who_is_at_its_cap_is_passed_and_costs_the_next_claims_nothing,
    ),
    (
        "repair",
        "redis.call('DEL', old, beside(order, 'caps'))",
        "",
        caps.test_what_an_older_release_has_claimed_counts_after_the_next_repair,
    ),
]


@pytest.mark.parametrize(
    ("verb", "line", "instead", "sentence"), RULES, ids=[f"{verb}: {line[:40]}" for verb, line, *_ in RULES]
)
async def test_without_the_rule_its_test_fails(store, verb, line, instead, sentence):
    await check_rule(store, verb, line, instead, sentence)
