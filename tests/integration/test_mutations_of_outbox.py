"""The rules by which nobody is told too little, each taken out in turn; see `test_mutations`."""

from __future__ import annotations

import pytest

from tests.integration import test_outbox as outbox
from tests.integration import test_outbox_lent as lent
from tests.integration.test_mutations import Sentence, check_rule

pytestmark = pytest.mark.asyncio

MINE = "if tonumber(redis.call('ZSCORE', outbox, note) or 0) ~= until_ms then return 0 end"
STILL_MINE = "local mine = tonumber(redis.call('ZSCORE', outbox, note) or 0) == until_ms"

RULES: list[tuple[str, str, str, Sentence]] = [
    ("settle", "post(outbox, task, task_id, 'end', now)", "", outbox.test_a_failure_and_a_cancel_are_ends_too),
    ("cancel", "post(outbox, task, task_id, 'end', now)", "", outbox.test_a_failure_and_a_cancel_are_ends_too),
    ("expire", "post(outbox, task, task_id, 'end', now)", "", outbox.test_a_deadline_that_is_over_is_an_end_too),
    (
        "record_submission",
        "post(outbox, task, task_id, 'start', now)",
        "",
        outbox.test_who_wants_to_hear_of_the_start_is_noted_when_the_vendor_has_it,
    ),
    (
        "settle",
        "redis.call('ZADD', outbox, now, task_id",
        "redis.call('ZADD', outbox, 'NX', now, task_id",
        lent.test_what_is_posted_anew_while_it_is_under_way_stays,
    ),
    ("outbox_take", "now + lease_ms, note)", "now, note)", lent.test_a_note_is_lent_to_one_at_a_time),
    ("outbox_done", MINE, "", lent.test_what_is_posted_anew_while_it_is_under_way_stays),
    ("outbox_again", STILL_MINE, "local mine = true", lent.test_a_late_worker_puts_off_nothing_that_another_has),
    (
        "outbox_again",
        "failures < most or now - since < failing_ms",
        "failures < most",
        lent.test_a_receiver_that_fails_for_long_and_often_is_disabled,
    ),
    ("outbox_again", "if gone == 0 and", "if", lent.test_a_receiver_that_is_gone_is_disabled_at_once),
    ("outbox_done", "redis.call('DEL', receiver)", "", lent.test_a_receiver_that_succeeds_in_between_begins_anew),
    (
        "outbox_replay",
        "redis.call('HDEL', tries, note)",
        "",
        lent.test_a_replay_is_due_at_once_and_its_tries_begin_anew,
    ),
    ("outbox_replay", "if record[2 + i] and", "if", lent.test_a_replay_of_what_has_not_happened_posts_nothing),
]


@pytest.mark.parametrize(("verb", "line", "instead", "sentence"), RULES, ids=lambda each: str(each)[:40])
async def test_a_rule_that_is_taken_out_is_missed(store, verb, line, instead, sentence):
    await check_rule(store, verb, line, instead, sentence)
