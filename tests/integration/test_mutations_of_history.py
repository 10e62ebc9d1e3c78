"""The rules of the history, each taken out in turn; see `test_mutations`."""

from __future__ import annotations

import pytest

from tests.integration import test_history as history
from tests.integration.test_mutations import Sentence, check_rule

pytestmark = pytest.mark.asyncio

RULES: list[tuple[str, str, str, Sentence]] = [
    (
        "history_fold",
        "if (tonumber(redis.call('HGET', historian, 'turn')) or 0) ~= turn then return 0 end",
        "",
        history.test_however_many_fold_at_once_each_event_counts_once,
    ),
    (
        "history_fold",
        "if (tonumber(redis.call('HGET', historian, 'turn')) or 0) ~= turn then return 0 end",
        "",
        history.test_who_has_read_what_another_one_has_written_meanwhile_writes_nothing,
    ),
    (
        "history_fold",
        "if ttl == -2 or gone[1] and not gone[2] then return redis.call('DEL', line) end",
        "",
        history.test_the_timeline_goes_with_the_record_and_is_erased_with_the_task,
    ),
    (
        "history_fold",
        "if redis.call('RPUSH', line, text) > most then",
        "if redis.call('RPUSH', line, text) < 0 then",
        history.test_a_timeline_is_bounded_and_says_that_it_has_no_beginning,
    ),
    (
        "erase",
        "redis.call('DEL', line)",
        "",
        history.test_the_timeline_goes_with_the_record_and_is_erased_with_the_task,
    ),
    ("timeline", "if hidden(task, sees) then return {} end", "", history.test_another_s_timeline_cannot_be_read),
    (
        "record_submission",
        "redis.call('HSETNX', task, 'begun_ms', now)",
        "",
        history.test_a_task_that_is_sent_again_has_waited_once,
    ),
    (
        "release",
        "record[1] ~= phase and made_ms and (",
        "made_ms and (",
        history.test_a_video_that_is_released_again_was_made_once,
    ),
    (
        "promote",
        "if not record[2] then redis.call('HSET', task, 'queued_ms', now) end",
        "",
        history.test_what_was_not_to_run_before_waits_from_then_on,
    ),
]


@pytest.mark.parametrize(("verb", "line", "instead", "sentence"), RULES)
async def test_a_rule_that_is_taken_out_is_missed(store, verb, line, instead, sentence):
    await check_rule(store, verb, line, instead, sentence)
