"""The rules by which a task that moves is made once, each taken out in turn; see `test_mutations`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

import pytest

from aigcq.accounts import Accounts, OpenAccount
from aigcq.accounts.load import Load
from aigcq.clock import SystemClock
from aigcq.config import Account
from aigcq.store import Store
from tests.conftest import forget
from tests.integration import test_moves as moves
from tests.integration.several import with_workers
from tests.integration.steps import beside
from tests.integration.test_mutations import Sentence, check_rule

pytestmark = pytest.mark.asyncio


def of_pair(story: Callable[..., Awaitable[None]], **given: object) -> Sentence:
    """Return a story of two accounts as one of the store that a task leaves."""

    async def sentence(store: Store) -> None:
        other = beside(store, f"{store.connection.keys.queue}-b")
        await other.connection.prepare()
        opened = [
            OpenAccount(
                Account(name=each.connection.settings.queue, settings=each.connection.settings),
                each,
                Load(each, SystemClock()),
            )
            for each in (store, other)
        ]
        pair = Accounts(opened)
        try:
            await with_workers(pair)
            await partial(story, pair, **given)()
        finally:
            await forget(other)

    sentence.__name__ = story.__name__
    sentence.__module__ = story.__module__
    return sentence


LENT = of_pair(moves.test_what_is_lent_is_nobody_s_to_claim_or_to_cancel)
MOVED = of_pair(moves.test_a_task_that_moved_is_in_the_other_account_with_all_that_belongs_to_it)
KEY = of_pair(moves.test_its_key_is_known_for_as_long_as_it_is_kept)


def stays(how: str) -> Sentence:
    return of_pair(moves.test_what_a_vendor_may_know_and_what_does_not_wait_in_the_order_stays, how=how)


RULES: list[tuple[str, str, str, Sentence]] = [
    ("lend", "leave(order_of(queued, meta, lanes), task, task_id)", "", LENT),
    ("lend", "redis.call('XDEL', stream, entry_id)", "", LENT),
    ("lend", "not record[3] and ", "", stays("sent")),
    ("lend", "not record[4] and ", "", stays("refused")),
    ("lend", "tonumber(record[5]) == 1", "true", stays("attempted")),
    ("lend", "or not redis.call('ZSCORE', queued, task_id) then", "then", stays("waiting")),
    ("cancel", "if redis.call('ZSCORE', leaving, task_id) then return 'moving' end", "", LENT),
    ("left", "'erased_ms', now, 'moved_to', moved_to)", "'moved_to', moved_to)", MOVED),
    ("left", "redis.call('PEXPIRE', task, ttl_ms)", "redis.call('DEL', task)", KEY),
]


@pytest.mark.parametrize(("verb", "line", "instead", "sentence"), RULES, ids=lambda each: str(each)[:40])
async def test_a_rule_that_is_taken_out_is_missed(store, verb, line, instead, sentence):
    await check_rule(store, verb, line, instead, sentence)
