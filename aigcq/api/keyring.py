"""Who a caller is, by its key, its signed address, or because nobody needs either.

What was read of Redis is good for a second: so long a key that was revoked goes on, in each process.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Final

from aigcq import telemetry
from aigcq.api.links import Signer, bearer_until
from aigcq.api_key import ApiKey, Shown
from aigcq.caller import Caller
from aigcq.clock import Clock
from aigcq.config import Settings
from aigcq.errors import ConfigurationError, InvalidApiKey, StoreUnavailable
from aigcq.store import Store
from aigcq.tenant import Tenant

log = telemetry.logger()

FRESH_SECONDS: Final = 1.0
MOST_KNOWN: Final = 10_000
"""Ids that are remembered, known ones and others: nobody may fill the memory with such as there are not."""
NOTE_SECONDS: Final = 60.0
"""How often it is noted at most that a key was used."""
NOBODY: Final = ApiKey(id="", hash="")
"""What a key is compared with of which there is none, so that it takes as long."""
OLD: Final = float("-inf")


@dataclass(slots=True)
class _Known:
    """What was read of one key, or of one tenant."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    read_at: float = OLD
    noted_at: float = OLD
    key: ApiKey | None = None
    tenant: Tenant | None = None


class Keyring:
    """What one process knows of keys; every coroutine may raise StoreUnavailable."""

    def __init__(self, store: Store, settings: Settings, clock: Clock) -> None:
        self._store = store
        self._settings = settings
        self._clock = clock
        self._lock = asyncio.Lock()
        self._needed = settings.auth == "required"
        self._read_at = OLD
        self._keys: OrderedDict[str, _Known] = OrderedDict()
        self._tenants: OrderedDict[str, _Known] = OrderedDict()
        self._signer: Signer | None = None

    @property
    def open(self) -> bool:
        """Whether nobody needs a key, for all that was read within a second: to be asked before `needed`."""
        if self._settings.auth == "off":
            return True
        return not self._needed and self._clock.monotonic() - self._read_at < FRESH_SECONDS

    @property
    def was_open(self) -> bool:
        """Whether nobody needed a key when that was last read, however long ago."""
        return not self._needed and self._read_at > OLD

    async def needed(self) -> bool:
        """Return whether a key is needed; once it is, it stays so."""
        if self.open or self._needed:
            return self._needed
        async with self._lock:
            if not self.open and not self._needed:
                self._needed = await self._store.credentials.needed()
                self._read_at = self._clock.monotonic()
        return self._needed

    async def caller(self, text: str) -> Caller:
        """Return who has the key `text`.

        Raises:
            InvalidApiKey: it is none, or none any more.
        """
        shown = Shown.read(text)
        known = await self._read(shown.id) if shown else None
        key = known.key if known else None
        if not shown or not (key or NOBODY).opens(shown) or not key or not known:
            raise InvalidApiKey
        if key.revoked_ms:
            raise InvalidApiKey(f"The key {key.id} was revoked.")
        if key.over(self._clock.now() * 1000):
            raise InvalidApiKey(f"The key {key.id} has expired.")
        self._note_use(key, known)
        return key.caller

    def name_of(self, key_id: str) -> str:
        """Return what people know the key by that has just been shown."""
        known = self._keys.get(key_id)
        return known.key.name if known and known.key else ""

    async def settings_of(self, caller: Caller) -> Tenant:
        """Return what the tenant of a caller may take, as it was a second ago at most."""
        known = _of(self._tenants, caller.tenant)
        async with known.lock:
            now = self._clock.monotonic()
            if known.tenant is None or now - known.read_at >= FRESH_SECONDS:
                known.tenant = await self._store.tenants.get(caller.tenant)
                known.read_at = now
            return known.tenant

    async def signer(self, caller: Caller) -> Signer | None:
        """Return what signs the addresses that a caller is told; None: it needs no signature, as nobody needs a key."""
        if not caller.key_id and not caller.link_expires:
            return None
        return replace(await self._signing(), until=caller.link_expires)

    async def hook_signer(self) -> Signer | None:
        """Return what signs the addresses in a webhook; None: they need no signature."""
        return await self._signing() if await self.needed() else None

    async def bearer(self, path: str, query: Mapping[str, str]) -> Caller:
        """Return who has a signed address.

        Raises:
            InvalidLink: it is none, or over.
        """
        return bearer_until((await self._signing()).check(path, query))

    async def _signing(self) -> Signer:
        if self._signer is None:
            secret = await self._store.credentials.link_secret(secrets.token_urlsafe(32))
            self._signer = Signer(secret, self._settings.link_seconds, self._clock)
        return self._signer

    async def _read(self, key_id: str) -> _Known:
        known = _of(self._keys, key_id)
        if self._clock.monotonic() - known.read_at < FRESH_SECONDS:
            return known
        async with known.lock:  # all who come with one key meanwhile share one read
            now = self._clock.monotonic()
            if now - known.read_at >= FRESH_SECONDS:
                known.key = await self._store.credentials.find(key_id)
                known.read_at = now
        return known

    def _note_use(self, key: ApiKey, known: _Known) -> None:
        now = self._clock.monotonic()
        if now - known.noted_at >= NOTE_SECONDS:
            known.noted_at = now
            if self._clock.now() * 1000 - key.last_used_ms >= NOTE_SECONDS * 1000:  # by other processes
                self._store.credentials.note_use(key.id)


async def keyring_of(store: Store, settings: Settings, clock: Clock) -> Keyring:
    """Return the keyring of a process that starts; that Redis is not there yet is no reason not to.

    Raises:
        ConfigurationError: AIGCQ_AUTH is `required`, and there is no key.
    """
    with suppress(StoreUnavailable):
        if settings.auth == "required" and not await store.credentials.needed():
            raise ConfigurationError("AIGCQ_AUTH is `required`, and there is no key: run `aigcq keys create` first.")
        keyring = Keyring(store, settings, clock)
        if not await keyring.needed():
            log.warning(
                "open: anybody who reaches this service can make videos and see all there are",
                advice="`aigcq keys create` makes the first key; AIGCQ_AUTH=required does not start without one",
            )
        return keyring
    return Keyring(store, settings, clock)


def _of(place: OrderedDict[str, _Known], name: str) -> _Known:
    known = place.get(name)
    if known is None:
        known = place[name] = _Known()
        if len(place) > MOST_KNOWN:
            place.popitem(last=False)
    else:
        place.move_to_end(name)
    return known
