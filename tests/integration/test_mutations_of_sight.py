"""The rules that keep one tenant's tasks from another, each taken out in turn; see `test_mutations`."""

from __future__ import annotations

import pytest

from tests.integration import test_credentials as credentials
from tests.integration import test_sight as sight
from tests.integration.test_mutations import Sentence, check_rule

pytestmark = pytest.mark.asyncio

HIDDEN = "if hidden(task, sees) then return "

RULES: list[tuple[str, str, str, Sentence]] = [
    ("look", f"{HIDDEN}{{{{}}}} end", "", sight.test_another_s_task_cannot_be_looked_at),
    ("cancel", f"{HIDDEN}'' end", "", sight.test_another_s_task_cannot_be_cancelled),
    ("requeue", f"{HIDDEN}-1 end", "", sight.test_another_s_task_cannot_be_run_again),
    ("reorder", f"{HIDDEN}-1 end", "", sight.test_another_s_task_cannot_be_moved),
    ("erase", f"{HIDDEN}-1 end", "", sight.test_another_s_task_cannot_be_erased),
    ("outbox_replay", f"{HIDDEN}{{-1}} end", "", sight.test_another_s_webhook_cannot_be_told_again),
    ("picture", f"{HIDDEN}false end", "", sight.test_another_s_picture_cannot_be_had),
    ("picture", "(owner or '') ~= sees", "false", sight.test_another_s_picture_cannot_be_had),
    ("picture", "(owner or '') ~= sees", "owner ~= sees", sight.test_a_file_of_the_tenant_without_a_name_is_its_own),
    ("drop_file", "(owner or '') ~= sees", "false", sight.test_another_s_picture_cannot_be_had),
    ("list", "and not hidden(task, sees)", "", sight.test_a_cursor_names_no_task_of_another),
    (
        "list",
        "if where ~= '' and sees == '' and open == 0 then",
        "if false then",
        sight.test_a_cursor_names_no_task_of_another,
    ),
    (
        "list",
        "redis.call('ZADD', own, record[2], task_id)",
        "return true",
        sight.test_what_the_release_before_has_ended_or_run_again_stands_at_its_place_after_a_look,
    ),
    (
        "list",
        "redis.call('ZREM', own, task_id)",
        "return false",
        sight.test_what_the_release_before_has_ended_or_run_again_stands_at_its_place_after_a_look,
    ),
    (
        "enqueue",
        "if record.tenant then enlist(ended, record.tenant, task_id, open_at(seq)) end",
        "",
        sight.test_a_small_tenant_s_page_looks_at_no_task_of_others,
    ),
    (
        "settle",
        "if ttl_ms then redis.call('ZREMRANGEBYSCORE', list, '-inf', at - ttl_ms) end",
        "",
        sight.test_a_tenant_s_list_forgets_what_has_no_record_any_more,
    ),
    (
        "key_add",
        "redis.call('HSETNX', meta, 'keyed_ms', now)",
        "",
        credentials.test_from_the_first_key_on_one_is_needed_even_if_it_is_revoked,
    ),
    (
        "key_end",
        "if expires == 0 or expires > now + in_ms then",
        "if true then",
        credentials.test_a_key_that_ends_sooner_than_the_overlap_ends_as_it_would,
    ),
]


@pytest.mark.parametrize(("verb", "line", "instead", "sentence"), RULES)
async def test_a_rule_that_is_taken_out_is_missed(store, verb, line, instead, sentence):
    await check_rule(store, verb, line, instead, sentence)
