"""Each safety rule has a test that fails without it: here the rule is taken out, and that test is run.

A rule is one line of one script. If its wording changes, `alter` says so.
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from secrets import token_hex

import pytest

from aigcq.errors import AigcqError
from aigcq.store import Store
from tests.conftest import broken, forget
from tests.integration import test_cancel as cancel
from tests.integration import test_claim as claim
from tests.integration import test_durations as durations
from tests.integration import test_enqueue as enqueue
from tests.integration import test_leases as leases
from tests.integration import test_limit_in_redis as limit
from tests.integration import test_operate as operate
from tests.integration import test_order as order
from tests.integration import test_reclaim as reclaim
from tests.integration import test_repair as repair
from tests.integration import test_settle as settle
from tests.integration import test_submission as submission
from tests.integration.steps import alter, beside

pytestmark = pytest.mark.asyncio

Sentence = Callable[[Store], Awaitable[None]]

OWNS = "if not owns(task, stream, group, consumer, entry_id, fence) then return 0 end"
OWNS_TO_SEND = "if not owns(task, stream, group, consumer, entry_id, fence) then return {'lost'} end"
OWNS_MANY = "if owns(task, stream, group, consumer, entry_id, fence) then"
FENCED = "if tonumber(record[1]) ~= fence or record[2] ~= consumer then return false end"
PENDING = "return #redis.call('XPENDING', stream, group, entry_id, entry_id, 1, consumer) == 1"

RULES: list[tuple[str, str, str, Sentence]] = [
    ("begin_submission", OWNS_TO_SEND, "", leases.test_a_stalled_worker_may_not_call_the_vendor),
    ("record_submission", OWNS, "", leases.test_a_stalled_worker_cannot_record_a_submission),
    ("record_progress", OWNS, "", leases.test_a_stalled_worker_cannot_record_progress),
    ("release", OWNS, "", leases.test_a_stalled_worker_cannot_release_a_permit),
    ("settle", OWNS, "", leases.test_a_stalled_worker_cannot_settle),
    ("retry", OWNS, "", leases.test_a_stalled_worker_cannot_put_a_task_back),
    ("hand_back", OWNS, "", leases.test_a_stalled_worker_cannot_hand_back),
    ("renew", OWNS_MANY, "if true then", leases.test_a_stalled_worker_cannot_take_its_delivery_back),
    (
        "release",
        "if record[1] ~= phase then limit_tell",
        "if true then limit_tell",
        reclaim.test_the_law_hears_once_that_a_vendor_task_ended_however_many_workers_save_its_video,
    ),
    ("release", "and record[1] ~= phase", "", durations.test_a_task_that_is_released_again_is_not_learnt_from_again),
    ("settle", FENCED, "", leases.test_the_same_name_is_not_enough_a_fence_tells_two_deliveries_apart),
    ("begin_submission", PENDING, "return true", leases.test_the_record_is_not_enough_the_pending_entry_must_be_there),
    ("reclaim", "redis.call('HINCRBY', task, 'fence', 1)", "", reclaim.test_each_reclaim_raises_the_fence),
    (
        "hand_back",
        "redis.call('HINCRBY', task, 'fence', 1)",
        "",
        reclaim.test_what_was_handed_back_is_over_for_its_worker,
    ),
    ("settle", "redis.call('XACK', stream, group, entry_id)", "", settle.test_a_settled_task_leaves_every_place),
    ("settle", "redis.call('XDEL', stream, entry_id)", "", settle.test_a_settled_task_leaves_every_place),
    ("settle", "redis.call('ZREM', leases, task_id)", "", settle.test_a_settled_task_leaves_every_place),
    (
        "settle",
        "for _, key in ipairs({task, request, result}) do redis.call('PEXPIRE', key, ttl_ms) end",
        "",
        settle.test_a_settled_task_is_forgotten_as_a_whole_after_its_time,
    ),
    (
        "settle",
        "if quarantine_ms == 0 then redis.call('ZREM', permits, task_id) end",
        "redis.call('ZREM', permits, task_id)",
        reclaim.test_a_quarantined_permit_stays_taken_and_is_freed_when_its_time_is_over,
    ),
    (
        "cancel",
        "redis.call('XDEL', stream, record[2])",
        "",
        cancel.test_a_cancelled_task_leaves_the_stream_and_the_backlog,
    ),
    ("cancel", "redis.call('ZREM', order.queued, task_id)", "", cancel.test_a_queued_task_is_cancelled_and_never_runs),
    (
        "cancel",
        "if record[1] ~= queued_as then return 'too_late' end",
        "",
        cancel.test_a_completed_task_keeps_its_outcome,
    ),
    (
        "enqueue",
        "if redis.call('EXISTS', task) == 1 then return {'known', task_id} end",
        "",
        enqueue.test_the_same_task_id_adds_nothing,
    ),
    (
        "enqueue",
        "return {'replayed', known_id, tonumber(position), tonumber(created_ms)}",
        "",
        enqueue.test_an_idempotency_key_names_the_first_task_from_then_on,
    ),
    (
        "enqueue",
        "if known_print ~= fingerprint then return {'conflict'} end",
        "",
        enqueue.test_an_idempotency_key_with_another_request_is_a_conflict_and_adds_nothing,
    ),
    (
        "enqueue",
        "if unfinished >= backlog_limit then return {'full', unfinished} end",
        "",
        enqueue.test_beyond_the_backlog_limit_nothing_is_written,
    ),
    (
        "claim",
        "if live < state.threshold then return 'n', 0 end",
        "if true then return 'n', 0 end",
        claim.test_no_permit_is_given_beyond_the_threshold,
    ),
    (
        "claim",
        "if record[2] == queued_as then",
        "if record[2] then",
        claim.test_a_task_that_runs_is_not_given_again_even_if_it_stands_in_the_order,
    ),
    (
        "claim",
        "if gate[1] then return {-1, until_due(), last_event(events)} end",
        "",
        claim.test_a_paused_queue_gives_nothing_and_keeps_the_order,
    ),
    (
        "begin_submission",
        "local again = record[1] == phase or record[3] == '1'",
        "local again = record[3] == '1'",
        submission.test_a_second_send_is_ambiguous_and_remembers_when_the_first_was,
    ),
    (
        "begin_submission",
        "local again = record[1] == phase or record[3] == '1'",
        "local again = record[1] == phase",
        submission.test_a_refusal_of_a_later_send_does_not_end_the_ambiguity,
    ),
    (
        "begin_submission",
        "if sent_ms and now - sent_ms > session_ms then return {'expired'} end",
        "",
        submission.test_a_session_id_that_is_too_old_is_never_sent_again,
    ),
    (
        "begin_submission",
        "if record[4] and not again then return {'cancelled'} end",
        "",
        submission.test_a_task_that_was_taken_back_before_the_first_send_is_never_sent,
    ),
    (
        "retry",
        "elseif not record[2] then",
        "else redis.call('HDEL', task, 'ambiguous')",
        submission.test_a_refusal_of_a_later_send_does_not_end_the_ambiguity,
    ),
    (
        "retry",
        "if record[1] then return 2 end",
        "",
        settle.test_a_task_that_is_to_be_cancelled_is_not_put_back,
    ),
    (
        "retry",
        "redis.call('XACK', stream, group, entry_id)",
        "",
        settle.test_a_retry_goes_back_at_once_without_a_permit,
    ),
    ("retry", "{permits, unanswered}", "{unanswered}", settle.test_a_retry_goes_back_at_once_without_a_permit),
    (
        "reclaim",
        "if record[3] == submitting then redis.call('HSET', task, 'ambiguous', 1) end",
        "",
        reclaim.test_a_task_that_may_have_been_sent_is_ambiguous_when_reclaimed,
    ),
    (
        "reclaim",
        "if record[3] ~= saving then redis.call('ZADD', permits, 'NX', now, task_id) end",
        "redis.call('ZREM', permits, task_id)",
        reclaim.test_a_permit_outlives_its_worker,
    ),
    (
        "hand_back",
        "if redis.call('HGET', task, 'phase') ~= unsent then",
        "if false then",
        reclaim.test_what_was_sent_keeps_its_permit,
    ),
    (
        "requeue",
        "redis.call('PERSIST', task)",
        "",
        settle.test_a_failed_task_is_put_back_as_a_new_attempt_and_kept_for_good,
    ),
    (
        "requeue",
        "redis.call('HINCRBY', task, 'attempt', 1)",
        "",
        settle.test_a_failed_task_is_put_back_as_a_new_attempt_and_kept_for_good,
    ),
    ("requeue", "'cancel_requested', ", "", cancel.test_a_cancel_that_was_asked_for_does_not_outlive_a_requeue),
    (
        "promote",
        "'LIMIT', 0, count)",
        "'LIMIT', 0, -1)",
        settle.test_waiting_tasks_come_back_in_bounded_batches_in_their_old_order,
    ),
    (
        "pause",
        "if paused_by == 'operator' and by ~= 'operator' then return 0 end",
        "",
        operate.test_the_machine_does_not_replace_a_person_s_pause,
    ),
    (
        "resume",
        "if not paused_by or (by ~= 'operator' and paused_by ~= by) then return 0 end",
        "",
        operate.test_the_machine_ends_only_its_own_pause,
    ),
    ("beat", "held == 0 and ", "", operate.test_a_consumer_that_still_holds_something_stays_until_it_was_taken_over),
    ("settle", "if permit.granted_ms > state.cut_ms then", "if true then", limit.test_one_burst_of_failures_is_one_cut),
    ("retry", "state.hold_until_ms = now + law.hold_ms", "", claim.test_after_a_refusal_nothing_is_given_for_the_hold),
    (
        "repair",
        "redis.call('XACK', stream, group, entry_id)\n    mend(task_id, 'a pending",
        "mend(task_id, 'a pending",
        repair.test_a_pending_entry_whose_entry_is_gone_is_removed,
    ),
    ("enqueue", "seq - priority * boost", "seq", order.test_a_step_of_priority_moves_a_task_forward_by_the_boost),
]


def _name(rule: tuple[str, str, str, Sentence]) -> str:
    return f"{rule[0]}: {rule[1][:40]}"


@pytest.mark.parametrize(("verb", "line", "instead", "sentence"), RULES, ids=map(_name, RULES))
async def test_without_the_rule_its_test_fails(store, verb, line, instead, sentence):
    mutant = await prepared(store, sentence)
    alter(mutant, verb, line=line, instead=instead)

    assert not await holds(sentence, mutant)

    await forget(mutant)


SENTENCES = {sentence.__name__: sentence for *_, sentence in RULES}


@pytest.mark.parametrize("name", SENTENCES)
async def test_with_all_rules_it_passes(store, name):
    """The same way of running it, so that a test which fails for another reason proves nothing."""
    sentence = SENTENCES[name]
    intact = await prepared(store, sentence)

    assert await holds(sentence, intact)

    await forget(intact)


async def check_rule(store: Store, verb: str, line: str, instead: str, sentence: Sentence) -> None:
    """The test passes with all rules, and not without this one."""
    intact, mutant = await prepared(store, sentence), await prepared(store, sentence)
    alter(mutant, verb, line=line, instead=instead)

    assert await holds(sentence, intact)
    assert not await holds(sentence, mutant)

    for queue in (intact, mutant):
        await forget(queue)


async def prepared(store: Store, sentence: Sentence) -> Store:
    """Return a queue with the settings that the test asks for."""
    of_all = getattr(sys.modules[sentence.__module__], "pytestmark", [])
    marks = [*(of_all if isinstance(of_all, list) else [of_all]), *getattr(sentence, "pytestmark", [])]
    overrides = {name: value for mark in marks if mark.name == "settings" for name, value in mark.kwargs.items()}
    other = beside(store, f"test-{token_hex(6)}", **overrides)
    await other.connection.prepare()
    return other


async def holds(sentence: Sentence, store: Store) -> bool:
    """Return whether the test passes and leaves nothing broken; a script that is no longer Lua is an error."""
    with suppress(AssertionError, pytest.fail.Exception, ValueError, AigcqError):
        await sentence(store)
        return await broken(store) == []
    return False
