"""API keys in Redis: what is kept of them, and when they end."""

from __future__ import annotations

import pytest

from aigcq.api_key import ApiKey, Shown
from aigcq.caller import DEFAULT_SCOPES, OPERATOR, Caller, Scope
from aigcq.errors import KeyNotFound
from aigcq.store import Store
from tests.conftest import age

pytestmark = pytest.mark.asyncio


async def made(store: Store, **terms: object) -> tuple[Shown, ApiKey]:
    shown = Shown.new()
    return shown, await store.credentials.add(shown, **({"scopes": DEFAULT_SCOPES} | terms))  # type: ignore[arg-type]


async def test_a_key_is_on_record_as_it_was_made(store: Store) -> None:
    shown, key = await made(store, tenant="red", name="farm", scopes={Scope.READ}, life_seconds=60)

    assert (key.id, key.tenant, key.name, set(key.scopes)) == (shown.id, "red", "farm", {Scope.READ})
    assert key.expires_ms == key.created_ms + 60_000
    assert await store.credentials.all() == [key]
    assert key.opens(shown)


async def test_what_opens_is_nowhere_in_redis(store: Store) -> None:
    shown, _ = await made(store)
    client, keys = store.connection.client, store.connection.keys
    found = [str(await client.hgetall(keys.api_key(shown.id))), str(await client.hgetall(keys.meta))]

    assert all(shown.secret not in text for text in found)
    assert shown.hash in found[0]


async def test_another_secret_does_not_open(store: Store) -> None:
    shown, key = await made(store)

    assert not key.opens(Shown(shown.id, Shown.new().secret))


@pytest.mark.parametrize(
    "text", ["", "aigcq", "aigcq__", "aigcq_0123456789ab_short", "AIGCQ_0123456789ab_" + "a" * 43, "a" * 200]
)
async def test_what_is_no_key_is_none(text: str) -> None:
    assert Shown.read(text) is None


async def test_a_key_is_read_as_it_is_written() -> None:
    shown = Shown.new()

    assert Shown.read(shown.text) == shown
    assert Shown.read(shown.text + "\n") is None


async def test_from_the_first_key_on_one_is_needed_even_if_it_is_revoked(store: Store) -> None:
    assert not await store.credentials.needed()
    shown, _ = await made(store)
    await store.credentials.revoke(shown.id)

    assert await store.credentials.needed()
    assert (await store.credentials.get(shown.id)).revoked_ms


async def test_a_key_that_is_replaced_goes_on_for_a_while(store: Store) -> None:
    old, key = await made(store, tenant="red", name="farm", scopes={Scope.READ}, life_seconds=1000)
    await age(store, 400)

    new = await store.credentials.rotate(old.id, Shown.new(), 60)

    ends = (await store.credentials.get(old.id)).expires_ms
    assert (new.tenant, new.name, new.scopes) == ("red", "farm", key.scopes)
    assert abs(new.expires_ms - new.created_ms - 1_000_000) < 5
    assert abs(ends - new.created_ms - 60_000) < 1000


async def test_a_key_that_ends_sooner_than_the_overlap_ends_as_it_would(store: Store) -> None:
    old, key = await made(store, life_seconds=30)

    await store.credentials.rotate(old.id, Shown.new(), 3600)

    assert (await store.credentials.get(old.id)).expires_ms == key.expires_ms


async def test_a_revoked_key_is_not_replaced(store: Store) -> None:
    old, _ = await made(store)
    await store.credentials.revoke(old.id)

    with pytest.raises(KeyNotFound):
        await store.credentials.rotate(old.id, Shown.new(), 60)
    assert len(await store.credentials.all()) == 1


async def test_what_is_no_key_is_neither_revoked_nor_noted(store: Store) -> None:
    with pytest.raises(KeyNotFound):
        await store.credentials.revoke("0123456789ab")
    assert await store.credentials.note_use("0123456789ab") == 0
    assert await store.credentials.all() == []


async def test_its_use_is_noted(store: Store) -> None:
    shown, key = await made(store)

    await store.credentials.note_use(shown.id)

    assert (await store.credentials.get(shown.id)).last_used_ms >= key.created_ms


async def test_addresses_are_signed_with_the_secret_that_was_first(store: Store) -> None:
    assert await store.credentials.link_secret("one") == "one"
    assert await store.credentials.link_secret("two") == "one"


async def test_an_admin_may_do_everything_and_others_what_their_scopes_say() -> None:
    reader = Caller(tenant="red", scopes={Scope.READ}, key_id="a")

    assert [reader.may(scope) for scope in Scope] == [False, True, False]
    assert all(OPERATOR.may(scope) for scope in Scope)
    assert (reader.sees, OPERATOR.sees) == ("red", "*")
