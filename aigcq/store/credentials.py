"""API keys, and the secret that signs addresses. Every method may raise StoreUnavailable."""

from __future__ import annotations

import json
from asyncio import Future
from collections.abc import Collection, Sequence
from typing import Any

from aigcq.api_key import ApiKey, Shown
from aigcq.caller import Scope
from aigcq.errors import KeyNotFound
from aigcq.store.connection import Connection, translated
from aigcq.store.scripts import composed


class Credentials:
    """Who may call. What is kept opens nothing: see `aigcq.api_key`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._keys = connection.keys

    async def needed(self) -> bool:
        """Return whether there has been a key: then nobody goes without one any more, even if it is revoked."""
        with translated():
            return await self._connection.batches.call("HGET", self._keys.meta, "keyed_ms") is not None

    async def add(
        self, shown: Shown, *, tenant: str = "", name: str = "", scopes: Collection[Scope], life_seconds: float = 0
    ) -> ApiKey:
        """Put a key on record; `life_seconds` 0: it never expires. `shown` itself is kept nowhere."""
        keys = self._keys
        record = {"hash": shown.hash, "tenant": tenant, "name": name, "scopes": ",".join(sorted(scopes))}
        await self._connection.run(
            "key_add",
            [keys.api_key(shown.id), keys.api_keys, keys.meta],
            [shown.id, json.dumps(record), round(life_seconds * 1000)],
        )
        return await self.get(shown.id)

    async def find(self, key_id: str) -> ApiKey | None:
        """Return a key, revoked and expired ones too; None: there is no such key."""
        with translated():
            flat: Any = await self._connection.batches.call("HGETALL", self._keys.api_key(key_id))
        stored = dict(zip(flat[::2], flat[1::2], strict=True)) if isinstance(flat, list) else dict(flat)
        return ApiKey.from_hash(key_id, stored) if stored else None

    async def get(self, key_id: str) -> ApiKey:
        """Return a key, revoked and expired ones too.

        Raises:
            KeyNotFound: there is no such key.
        """
        if found := await self.find(key_id):
            return found
        raise KeyNotFound(key_id)

    async def all(self) -> Sequence[ApiKey]:
        """Return every key there ever was, the newest first."""
        with translated():
            ids: Any = await self._connection.client.zrange(self._keys.api_keys, 0, -1, desc=True)
        found = [await self.find(key_id) for key_id in ids]
        return [key for key in found if key]

    async def rotate(self, key_id: str, shown: Shown, overlap_seconds: float) -> ApiKey:
        """Put a key on record that is as the old one, which goes on for so long; its life begins anew.

        Raises:
            KeyNotFound: there is no such key, or it was revoked.
        """
        old = await self.get(key_id)
        if old.revoked_ms:
            raise KeyNotFound(key_id)
        life_seconds = (old.expires_ms - old.created_ms) / 1000 if old.expires_ms else 0
        new = await self.add(shown, tenant=old.tenant, name=old.name, scopes=old.scopes, life_seconds=life_seconds)
        await self._end(key_id, overlap_seconds)
        return new

    async def revoke(self, key_id: str) -> None:
        """Let a key be good for nothing; it stays on record.

        Raises:
            KeyNotFound: there is no such key.
        """
        await self._end(key_id, 0)

    async def _end(self, key_id: str, in_seconds: float) -> None:
        place = [self._keys.api_key(key_id)]
        if not await self._connection.run("key_end", place, [round(in_seconds * 1000)]):
            raise KeyNotFound(key_id)

    def note_use(self, key_id: str) -> Future[Any]:
        """Note that a key was used, in the next batch; nobody need wait for it."""
        noted = self._connection.batches.call("EVAL", composed("key_use"), 1, self._keys.api_key(key_id))
        noted.add_done_callback(_taken)
        return noted

    async def link_secret(self, made: str) -> str:
        """Return the secret that signs addresses; `made` becomes it if there is none."""
        meta = self._keys.meta
        with translated():
            async with self._connection.client.pipeline(transaction=True) as pipe:
                pipe.hsetnx(meta, "link_secret", made)
                pipe.hget(meta, "link_secret")
                _, secret = await pipe.execute()
        return str(secret)


def _taken(noted: Future[Any]) -> None:
    """Look at what came of it, so that nobody is told that nobody did: a use that is not noted harms nothing."""
    if not noted.cancelled():
        noted.exception()
