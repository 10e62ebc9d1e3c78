"""A bucket of tokens for each who asks: as many as come at once, then at the pace of the limit."""

from __future__ import annotations

import pytest

from aigcq.store import Store
from aigcq.store.rates import Admission
from tests.conftest import age
from tests.integration.steps import alter
from tests.integration.still import STANDS_STILL, TIME

pytestmark = pytest.mark.asyncio

WHO = "key:k1"


def still(store: Store) -> None:
    """Let time stand still for it but for `age`."""
    alter(store, "admit", "", TIME, STANDS_STILL)


async def test_a_sixth_of_a_minute_s_requests_may_come_at_once_and_no_more(store: Store) -> None:
    still(store)

    told = [await store.rates.admit(WHO, 60) for _ in range(12)]

    assert [each.admitted for each in told] == [True] * 10 + [False] * 2
    assert [each.left for each in told[:10]] == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]
    assert told[0] == Admission(admitted=True, left=9, next_seconds=0, full_seconds=1)
    assert told[-1] == Admission(admitted=False, left=0, next_seconds=1, full_seconds=10)


async def test_then_they_come_at_the_pace_of_the_limit(store: Store) -> None:
    still(store)
    for _ in range(10):
        await store.rates.admit(WHO, 60)

    await age(store, 2)

    assert [(await store.rates.admit(WHO, 60)).admitted for _ in range(3)] == [True, True, False]


async def test_a_refused_request_puts_nothing_off(store: Store) -> None:
    still(store)
    for _ in range(100):
        await store.rates.admit(WHO, 60)

    await age(store, 1)

    assert (await store.rates.admit(WHO, 60)).admitted


@pytest.mark.parametrize("per_minute", [1, 2, 5])
async def test_however_few_they_are_one_may_come(store: Store, per_minute: int) -> None:
    still(store)

    told = [await store.rates.admit(WHO, per_minute) for _ in range(2)]

    assert [each.admitted for each in told] == [True, False]
    assert told[1].next_seconds == 60 / per_minute


async def test_each_has_a_bucket_of_its_own_and_a_full_one_is_not_kept(store: Store) -> None:
    still(store)
    await store.rates.admit(WHO, 6)

    assert (await store.rates.admit("key:k2", 6)).admitted
    assert 10_000 < await store.connection.client.pttl(store.connection.keys.rate(WHO)) <= 11_000
