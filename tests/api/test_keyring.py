"""What one process knows of keys, and for how long."""

from __future__ import annotations

from typing import Any

import pytest

from aigcq.api.keyring import Keyring
from aigcq.api_key import Shown
from aigcq.caller import DEFAULT_SCOPES
from aigcq.errors import InvalidApiKey, StoreUnavailable
from aigcq.store import Store
from tests.conftest import FakeClock, MakeStore

pytestmark = pytest.mark.asyncio


async def test_a_revoked_key_goes_on_for_a_second_at_most(make_store: MakeStore, clock: FakeClock) -> None:
    store = await make_store()
    keyring, shown = await _keyring(store, clock)
    await keyring.caller(shown.text)

    await store.credentials.revoke(shown.id)

    await clock.advance(0.99)
    await keyring.caller(shown.text)
    await clock.advance(0.02)
    with pytest.raises(InvalidApiKey):
        await keyring.caller(shown.text)


async def test_an_open_service_is_so_for_a_second_at_most_after_the_first_key(
    make_store: MakeStore, clock: FakeClock
) -> None:
    store = await make_store()
    keyring = Keyring(store, store.connection.settings, clock)
    assert not await keyring.needed()
    await store.credentials.add(Shown.new(), scopes=DEFAULT_SCOPES)

    assert keyring.open
    await clock.advance(1.01)
    assert not keyring.open
    assert await keyring.needed()


async def test_that_a_key_is_used_is_noted_once_a_minute(make_store: MakeStore, clock: FakeClock) -> None:
    store = await make_store()
    keyring, shown = await _keyring(store, clock)
    noted: list[str] = []
    credentials = store.credentials
    object.__setattr__(store, "credentials", _Noting(credentials, noted))

    for seconds in (0, 30, 29, 2):
        await clock.advance(seconds)
        await keyring.caller(shown.text)

    assert noted == [shown.id] * 2


async def test_without_redis_nobody_is_let_in_nor_refused(make_store: MakeStore, clock: FakeClock) -> None:
    store = await make_store()
    keyring, shown = await _keyring(store, clock)
    await keyring.caller(shown.text)
    await store.connection.batches.close()

    await clock.advance(2)

    with pytest.raises(StoreUnavailable):
        await keyring.caller(shown.text)


async def _keyring(store: Store, clock: FakeClock) -> tuple[Keyring, Shown]:
    shown = Shown.new()
    await store.credentials.add(shown, scopes=DEFAULT_SCOPES)
    return Keyring(store, store.connection.settings, clock), shown


class _Noting:
    """Credentials that tell of whom a use was noted."""

    def __init__(self, credentials: Any, noted: list[str]) -> None:
        self.find, self.note_use = credentials.find, noted.append
