"""Several accounts of one deployment, over the Redis of the tests."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from aigcq.accounts import Accounts, OpenAccount
from aigcq.accounts.load import Load
from aigcq.clock import Clock
from aigcq.config import Account, Settings
from aigcq.model import Delivery
from aigcq.store import Store
from aigcq.store.deliveries import Submission
from tests.conftest import MakeStore

NO_ACCOUNT = Account(name="", settings=Settings())


async def several(
    make_store: MakeStore, settings: Settings, clock: Clock, names: str = "ab", **fields: dict[str, Any]
) -> Accounts:
    """Open one account for each letter of `names`; `fields` has for a letter what its account is, or its settings."""
    opened = []
    for letter in names:
        own = fields.get(letter, {})
        queue = f"{settings.queue}-{letter}"
        of_account = {name: own[name] for name in ("models", "tenants") if name in own}
        store = await make_store(queue=queue, **{name: own[name] for name in own.keys() - of_account.keys()})
        account = replace(NO_ACCOUNT, name=queue, settings=store.connection.settings, **of_account)
        opened.append(OpenAccount(account, store, Load(store, clock)))
    return Accounts(opened)


async def with_workers(accounts: Accounts) -> None:
    """Let each account have a worker that lives."""
    for each in accounts:
        await each.store.control.beat("worker", {})


async def sent(store: Store, delivery: Delivery) -> None:
    """Call the vendor."""
    assert type(await store.deliveries.begin_submission(delivery)) is Submission
    await store.deliveries.record_submission(delivery, f"vod-{delivery.task_id}")


async def counts(accounts: Accounts) -> list[int]:
    """Return how many tasks are queued in each."""
    return [(await each.store.control.overview()).queued for each in accounts]
