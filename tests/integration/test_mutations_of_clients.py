"""The rules about repetitions, deadlines and what clients are told, each taken out in turn; see `test_mutations`."""

from __future__ import annotations

import pytest

from tests.integration import test_deadlines as deadlines
from tests.integration import test_enqueue as enqueue
from tests.integration import test_lists as lists
from tests.integration import test_outbox as outbox
from tests.integration import test_outbox_lent as outbox_lent
from tests.integration import test_repetitions as repetitions
from tests.integration.test_mutations import Sentence, check_rule

pytestmark = pytest.mark.asyncio

TOO_LATE = "(too_late or start_by and start_by <= now and not record[3])"

RULES: list[tuple[str, str, str, Sentence]] = [
    (
        "enqueue",
        "fingerprint ~= '' and repeats == 1",
        "fingerprint ~= ''",
        repetitions.test_two_equal_calls_that_are_both_the_first_are_two_tasks,
    ),
    (
        "enqueue",
        "if farthest > 0 and position > farthest then return {'far', position} end",
        "",
        enqueue.test_who_would_rather_not_wait_is_refused_at_a_position_too_far_back,
    ),
    (
        "enqueue",
        "if deadline_ms > 0 then redis.call('ZADD', deadlines, deadline_ms, task_id) end",
        "",
        deadlines.test_a_task_that_nobody_took_in_time_fails_and_costs_nothing,
    ),
    ("expire", TOO_LATE, "true", deadlines.test_a_task_that_waits_for_a_retry_fails_when_all_its_time_is_over),
    ("expire", " and not record[3])", ")", deadlines.test_what_was_begun_in_time_may_come_back_and_wait),
    (
        "expire",
        "redis.call('XDEL', stream, entry_id)",
        "",
        deadlines.test_a_task_that_nobody_took_in_time_fails_and_costs_nothing,
    ),
    (
        "requeue",
        ", 'start_by_ms', 'end_by_ms')",
        ")",
        deadlines.test_a_task_that_is_requeued_by_a_person_has_no_deadline_any_more,
    ),
    (
        "erase",
        "redis.call('DEL', request, result, upload, calls)",
        "",
        deadlines.test_an_erased_task_is_only_in_the_books,
    ),
    ("erase", "upload, calls)", "upload)", outbox_lent.test_what_was_erased_is_told_to_nobody),
    (
        "erase",
        "if status == queued_as or status == processing then return 0 end",
        "",
        lists.test_what_was_erased_is_listed_no_more_and_what_is_open_cannot_be,
    ),
    ("settle", "post(outbox, task, task_id, 'end', now)", "", outbox.test_a_failure_and_a_cancel_are_ends_too),
    ("cancel", "post(outbox, task, task_id, 'end', now)", "", outbox.test_a_failure_and_a_cancel_are_ends_too),
    ("expire", "post(outbox, task, task_id, 'end', now)", "", outbox.test_a_deadline_that_is_over_is_an_end_too),
    (
        "record_submission",
        "post(outbox, task, task_id, 'start', now)",
        "",
        outbox.test_who_wants_to_hear_of_the_start_is_noted_when_the_vendor_has_it,
    ),
]


@pytest.mark.parametrize(
    ("verb", "line", "instead", "sentence"), RULES, ids=[f"{verb}: {line.strip()[:40]}" for verb, line, *_ in RULES]
)
async def test_without_the_rule_its_test_fails(store, verb, line, instead, sentence):
    await check_rule(store, verb, line, instead, sentence)
