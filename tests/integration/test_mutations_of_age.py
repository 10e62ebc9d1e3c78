"""The rules about what is old, what has failed and what kills workers, each taken out in turn; see `test_mutations`."""

from __future__ import annotations

import pytest

from tests.integration import test_dead as dead
from tests.integration import test_horizon as horizon
from tests.integration import test_poison as poison
from tests.integration.test_mutations import OWNS_MANY, Sentence, check_rule

pytestmark = pytest.mark.asyncio

DIED = "local died = record[1] and last_beat <= deadline - lease_ms"

RULES: list[tuple[str, str, str, Sentence]] = [
    ("reclaim", DIED, "local died = false", poison.test_a_death_before_the_first_renewal_counts),
    (
        "reclaim",
        DIED,
        "local died = record[1]",
        poison.test_a_worker_that_lives_on_has_not_died_of_what_it_was_never_told,
    ),
    ("reclaim", DIED, "local died = record[1]", poison.test_handing_back_never_counts),
    ("reclaim", "if suspect then break end", "", poison.test_no_bystander_is_given_beside_a_suspect),
    (
        "reclaim",
        "if not suspect or #answer + unproven == 1 then",
        "if true then",
        poison.test_a_worker_with_an_unproven_delivery_is_given_no_suspect,
    ),
    (
        "renew",
        "'unproven', 'deaths')",
        "'unproven')",
        poison.test_a_renewed_lease_clears_what_was_held_against_the_task,
    ),
    ("measure", OWNS_MANY, "if true then", horizon.test_a_stalled_worker_learns_no_age_and_raises_no_alarm),
    (
        "measure",
        "local sent_ms = tonumber(times[1]) or tonumber(times[2])",
        "local sent_ms = tonumber(times[2])",
        horizon.test_a_vendor_task_is_as_old_as_it_can_be_at_most,
    ),
    (
        "measure",
        "local sent_ms = tonumber(times[1]) or tonumber(times[2])",
        "local sent_ms = tonumber(times[1])",
        horizon.test_a_submission_of_unknown_outcome_is_as_old_as_its_first_send,
    ),
    (
        "measure",
        "if redis.call('ZSCORE', overdue, task_id) then return 0 end",
        "",
        horizon.test_the_alarm_is_raised_once_from_forty_eight_hours_on_whoever_holds_the_task,
    ),
    (
        "record_submission",
        "made_ms > 0 and made_ms or now",
        "now",
        horizon.test_a_vendor_task_is_as_old_as_it_can_be_at_most,
    ),
    ("settle", "redis.call('ZREM', overdue, task_id)", "", horizon.test_an_alarm_ends_with_its_task),
    ("retry", "redis.call('ZREM', overdue, task_id)", "", horizon.test_an_alarm_ends_with_its_task),
    ("retry", "'made_ms', ", "", horizon.test_the_next_attempt_is_young_again),
    ("requeue", "'made_ms', ", "", horizon.test_a_requeued_task_is_young_again),
    (
        "repair",
        "remove_strays(overdue, leases, 'an alarm without a delivery was ended')",
        "",
        horizon.test_an_alarm_that_outlived_its_delivery_is_ended_by_the_repair,
    ),
    (
        "settle",
        "if status == failed then redis.call('ZADD', dead, now, task_id) end",
        "",
        dead.test_failed_tasks_are_listed_newest_first_with_why,
    ),
    ("settle", "if status == failed then redis", "if true then redis", dead.test_only_what_has_failed_is_a_dead_letter),
    ("settle", "ipairs({ended, dead})", "ipairs({ended})", dead.test_dead_letters_are_forgotten_with_their_tasks),
    (
        "repair",
        "    list_recently_failed()\n",
        "",
        dead.test_what_a_worker_of_a_release_without_dead_letters_let_fail_is_listed_by_the_repair,
    ),
    ("requeue", "{ended, dead, permits", "{ended, permits", dead.test_a_requeued_task_is_no_dead_letter),
    (
        "repair",
        "if redis.call('ZREM', dead, task_id) == 1 then",
        "if false then",
        dead.test_an_open_task_among_the_dead_letters_is_taken_out_by_the_repair,
    ),
]


@pytest.mark.parametrize(
    ("verb", "line", "instead", "sentence"), RULES, ids=[f"{verb}: {line.strip()[:40]}" for verb, line, *_ in RULES]
)
async def test_without_the_rule_its_test_fails(store, verb, line, instead, sentence):
    await check_rule(store, verb, line, instead, sentence)
