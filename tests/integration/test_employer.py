"""A queue belongs to one vendor account: a worker of another one does not touch what is live."""

from __future__ import annotations

import pytest

from aigcq.errors import OtherAccount
from aigcq.store import Store
from tests.integration.desk import Desk
from tests.integration.steps import NOBODY_KNOWS, complete, fail, submitted, take

OURS, OTHERS = "1320866336", "1400000000"


@pytest.mark.asyncio
async def test_a_worker_of_another_account_is_kept_out_while_vendor_tasks_are_live(store: Store) -> None:
    await store.employer.employ(OURS, "a")
    delivery = await submitted(store, await take(store))

    with pytest.raises(OtherAccount, match=f"1 vendor tasks of SubAppId {OURS} are live.*this worker has {OTHERS}"):
        await store.employer.employ(OTHERS, "b")

    assert await store.employer.current() == OURS
    assert not await store.employer.employ(OURS, "a")
    await complete(store, delivery)


@pytest.mark.asyncio
async def test_once_they_have_ended_the_queue_is_the_other_account_s(store: Store) -> None:
    await store.employer.employ(OURS, "a")
    await complete(store, await submitted(store, await take(store)))

    await store.employer.employ(OTHERS, "b")

    assert await store.employer.current() == OTHERS


@pytest.mark.asyncio
async def test_what_was_given_up_keeps_nobody_out(store: Store) -> None:
    await store.employer.employ(OURS, "a")
    await fail(store, await submitted(store, await take(store)), error_code=NOBODY_KNOWS, quarantine_seconds=600)

    await store.employer.employ(OTHERS, "b")


@pytest.mark.asyncio
async def test_a_queue_of_a_release_that_knew_of_no_accounts_takes_the_first_that_comes(store: Store) -> None:
    await submitted(store, await take(store))

    assert not await store.employer.employ(OURS, "a")
    with pytest.raises(OtherAccount):
        await store.employer.employ(OTHERS, "b")


@pytest.mark.asyncio
async def test_another_credential_of_the_same_account_is_let_in_and_noticed_once(store: Store) -> None:
    await store.employer.employ(OURS, "a")
    await submitted(store, await take(store))

    assert [await store.employer.employ(OURS, secret) for secret in ("b", "b", "a")] == [True, False, True]


def test_an_operator_may_let_another_account_in_and_that_is_written_down(desk: Desk) -> None:
    assert desk.run("account").output.startswith("No worker has said yet")

    async def occupied(store: Store) -> None:
        await store.employer.employ(OURS, "a")
        await submitted(store, await take(store))

    desk.on(occupied)
    assert desk.run("account").output == f"SubAppId {OURS}\n"
    assert "Forgotten" in desk.run("account", "--forget").output

    desk.on(lambda store: store.employer.employ(OTHERS, "b"))
    (deed,) = desk.on(lambda store: store.audit.last(10))
    assert (deed.did, deed.on, deed.actor.who) == ("account forget", OURS, "cli")
