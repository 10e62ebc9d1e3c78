"""As in test_mutations: the rules by which the law `ceiling` is asked, and hears what comes of each permit."""

from __future__ import annotations

import pytest

from tests.integration import test_bounds as bounds
from tests.integration import test_ceiling as ceiling
from tests.integration import test_unanswered as unanswered
from tests.integration.test_mutations import Sentence, check_rule

pytestmark = pytest.mark.asyncio

RULES: list[tuple[str, str, str, Sentence]] = [
    (
        "claim",
        "redis.call('ZADD', unanswered, now, task_id)",
        "",
        unanswered.test_the_next_permit_waits_for_the_vendor_s_answer_to_the_last,
    ),
    (
        "claim",
        "now - PENDING_MS",
        "'-inf'",
        unanswered.test_an_answer_that_does_not_come_is_not_waited_for,
    ),
    (
        "claim",
        "answer[1] = wait < 0 and pending > 0 and -2 or wait",
        "answer[1] = wait",
        unanswered.test_the_next_permit_waits_for_the_vendor_s_answer_to_the_last,
    ),
    (
        "claim",
        "limit_save(at, law, state, stored, stored.threshold and 'recovered' or 'started', live)",
        "",
        ceiling.test_an_account_that_allows_one_and_fails_what_it_has_accepted_costs_one_failure,
    ),
    (
        "claim",
        "'unproven', 1, 'permit', permit)",
        "'unproven', 1)",
        ceiling.test_a_probe_that_the_vendor_accepts_raises_the_threshold_and_the_next_follows,
    ),
    (
        "record_submission",
        "limit_tell(at, law, 'accepted', task, task_id, 0, now)",
        "",
        unanswered.test_the_next_permit_waits_for_the_vendor_s_answer_to_the_last,
    ),
    (
        "record_submission",
        "if not KEPT[news] then redis.call('ZREM', at.permits, task_id) end",
        "redis.call('ZREM', at.permits, task_id)",
        ceiling.test_in_the_beginning_one_task_runs_then_twice_as_many_every_three_seconds,
    ),
    (
        "release",
        "now - ended_ms)",
        "now)",
        ceiling.test_a_vendor_task_that_had_ended_before_the_refusal_held_no_slot_then,
    ),
    (
        "retry",
        "if news ~= '' then limit_tell(at, law, news, task, task_id, ended_ms, now) end",
        "",
        ceiling.test_an_account_that_allows_one_costs_one_refusal,
    ),
    (
        "retry",
        "epoch = tonumber(epoch) or -1",
        "epoch = tonumber(epoch) or 0",
        ceiling.test_a_permit_that_another_release_has_granted_is_of_no_epoch,
    ),
    (
        "retry",
        "epoch = tonumber(epoch) or -1",
        "epoch = 1",
        ceiling.test_a_refusal_of_what_was_granted_before_the_last_cut_is_no_news,
    ),
    (
        "retry",
        "{permits, unanswered}",
        "{permits}",
        unanswered.test_what_was_put_back_without_an_answer_is_not_waited_for,
    ),
    (
        "settle",
        "redis.call('ZREM', unanswered, task_id)",
        "",
        unanswered.test_what_has_ended_without_an_answer_is_not_waited_for,
    ),
    (
        "hand_back",
        "{permits, unanswered}",
        "{permits}",
        unanswered.test_what_was_handed_back_unsent_is_not_waited_for,
    ),
    (
        "repair",
        "remove_strays(unanswered, permits, 'a submission without a permit waits for no answer')",
        "",
        unanswered.test_who_waits_for_an_answer_without_a_permit_is_mended,
    ),
    (
        "claim",
        "if values[3] or values[4] then",
        "if false then",
        bounds.test_bounds_are_kept_where_nothing_is_known_yet_and_the_law_begins_within_them,
    ),
    (
        "bound",
        "redis.call('HSET', at.limit, 'threshold', new)",
        "",
        bounds.test_each_change_is_put_down_with_its_cause,
    ),
    (
        "claim",
        "if cause == 'recovered' and state.threshold < stored.threshold then cause = 'bounded' end",
        "",
        bounds.test_each_change_is_put_down_with_its_cause,
    ),
]


@pytest.mark.parametrize(
    ("verb", "line", "instead", "sentence"), RULES, ids=[f"{verb}: {line[:40]}" for verb, line, *_ in RULES]
)
async def test_without_the_rule_its_test_fails(store, verb, line, instead, sentence):
    await check_rule(store, verb, line, instead, sentence)
