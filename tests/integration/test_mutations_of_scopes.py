"""As in test_mutations: the rules by which models have limits of their own, and others pass what is full."""

from __future__ import annotations

import pytest

from tests.integration import test_lanes as lanes
from tests.integration import test_scopes as scopes
from tests.integration.test_mutations import Sentence, check_rule

pytestmark = pytest.mark.asyncio

BEFORE_THE_CURSOR = "if cursor and score <= cursor then"
COME_BACK = lanes.test_what_waited_for_its_retry_and_what_failed_come_back_to_places_that_were_passed
IN_VAIN = "if false then"

RULES: list[tuple[str, str, str, Sentence]] = [
    # The order.
    (
        "claim",
        "if has_room(first.model) and below or not account_has_room() then return first end",
        "if true then return first end",
        lanes.test_tasks_of_other_models_pass_those_of_a_full_one_in_their_order,
    ),
    ("claim", " or not account_has_room()", "", lanes.test_nobody_is_passed_while_the_account_is_full),
    (
        "claim",
        "head.score < first.score",
        "head.score > first.score",
        lanes.test_a_retry_at_a_place_that_was_passed_is_found,
    ),
    (
        "claim",
        "redis.call('HSET', order.meta, 'lanes_to', score)",
        "",
        lanes.test_once_nobody_is_passed_there_are_no_lanes,
    ),
    (
        "claim",
        "if order.cursor and not next(order.heads) and redis.call('EXISTS', beside(order, 'full')) == 0 then",
        IN_VAIN,
        lanes.test_once_nobody_is_passed_there_are_no_lanes,
    ),
    ("claim", "score, order.left - 1", "score, order.left", lanes.test_a_long_backlog_is_passed_a_thousand_at_a_time),
    (
        "claim",
        "if order.left == 0 then return 0 end",
        "",
        lanes.test_a_long_backlog_is_passed_a_thousand_at_a_time,
    ),
    (
        "claim",
        "if own and own.wait >= 0 and (soonest < 0 or own.wait < soonest) then soonest = own.wait end",
        "",
        lanes.test_if_all_are_full_the_answer_says_when_the_first_has_room,
    ),
    (
        "claim",
        "if now - tonumber(unanswered[i]) <= PENDING_MS then pending = pending + 1 end",
        "",
        lanes.test_an_unanswered_submission_of_the_only_model_that_has_room_is_waited_for,
    ),
    ("enqueue", BEFORE_THE_CURSOR, IN_VAIN, lanes.test_a_new_task_of_high_priority_before_the_cursor_is_found),
    ("retry", BEFORE_THE_CURSOR, IN_VAIN, lanes.test_a_retry_at_a_place_that_was_passed_is_found),
    ("hand_back", BEFORE_THE_CURSOR, IN_VAIN, COME_BACK),
    ("promote", BEFORE_THE_CURSOR, IN_VAIN, COME_BACK),
    ("requeue", BEFORE_THE_CURSOR, IN_VAIN, COME_BACK),
    (
        "repair",
        "if not lanes_to or",
        "if true or",
        lanes.test_what_a_release_without_lanes_put_before_the_cursor_is_found_by_the_repair,
    ),
    # The permits of a model.
    (
        "claim",
        "redis.call('ZADD', scopes[first.model].at.permits, now, first.task_id)",
        "local _",
        lanes.test_tasks_of_other_models_pass_those_of_a_full_one_in_their_order,
    ),
    (
        "claim",
        "redis.call('ZINTERSTORE', own.at.permits, 2, own.at.permits, at.permits, 'WEIGHTS', 0, 1)",
        "redis.call('ZCARD', own.at.permits)",
        scopes.test_a_permit_that_was_given_back_without_news_is_no_permit_of_its_model,
    ),
    ("claim", " .. of_model(first.model)", "", scopes.test_a_permit_notes_what_both_limits_said),
    # Whose refusal it is.
    (
        "retry",
        "if seen.limited and seen.model_probe and not seen.account_probe then return true, false, seen.suspect end",
        "",
        scopes.test_a_probe_of_a_model_that_is_refused_is_no_news_of_the_account,
    ),
    (
        "retry",
        "if seen.others == 0 and not seen.waiting then return false, true, seen.suspect end",
        "",
        scopes.test_one_model_alone_leaves_the_account_to_be_told,
    ),
    (
        "retry",
        "waiting = others == 0 and others_wait(at, prefix, model)",
        "waiting = false",
        scopes.test_where_others_wait_they_may_go_on_at_once,
    ),
    (
        "retry",
        "proven = late and account.state.held or account.state.proven",
        "proven = account.state.proven",
        scopes.test_a_failure_where_the_account_has_finished_fewer_is_the_account_s,
    ),
    (
        "retry",
        "if seen.suspect ~= '' and seen.suspect ~= seen.model then return false, true, '*' end",
        "",
        scopes.test_if_the_next_model_is_refused_too_it_was_the_account,
    ),
    (
        "retry",
        "lift(at, account.models, suspect, account.state.threshold, news, account.live)",
        "",
        scopes.test_if_the_next_model_is_refused_too_it_was_the_account,
    ),
    (
        "retry",
        "seen.full and seen.own_proven and seen.suspect == ''",
        "false",
        scopes.test_if_the_account_is_full_and_the_model_has_run_as_many_both_wait,
    ),
    (
        "record_submission",
        "elseif news == 'accepted' and account.suspect ~= '' then",
        "elseif false then",
        scopes.test_what_is_accepted_between_clears_the_account,
    ),
    # A limit of a model.
    (
        "retry",
        "of_model.minimum, of_model.default = 1, law.maximum",
        "of_model.default = law.maximum",
        scopes.test_a_model_may_have_less_than_min_threshold,
    ),
    (
        "retry",
        "elseif news == 'rate_limited' then",
        "elseif false then",
        scopes.test_too_many_requests_are_no_news_of_a_model,
    ),
    ("release", "local told = {account, own or nil}", "local told = {account}", scopes.test_what_ends_is_news_of_both),
    (
        "record_submission",
        "local told = {account, own or nil}",
        "local told = {account}",
        scopes.test_a_probe_of_a_model_that_is_accepted_raises_its_limit,
    ),
    (
        "record_submission",
        "lift(at, account.models, model, threshold, news, own.live)",
        "",
        scopes.test_a_limit_that_has_risen_to_the_account_s_goes,
    ),
]


@pytest.mark.parametrize(
    ("verb", "line", "instead", "sentence"), RULES, ids=[f"{verb}: {line[:40]}" for verb, line, *_ in RULES]
)
async def test_without_the_rule_its_test_fails(store, verb, line, instead, sentence):
    await check_rule(store, verb, line, instead, sentence)
