"""Who shares the account, and what each may take of it. Every method may raise StoreUnavailable."""

from __future__ import annotations

from typing import Any

from aigcq.store.connection import Connection, translated
from aigcq.store.deeds import Said
from aigcq.tenant import Tenant, outward


class Tenants:
    """Settings of tenants; who has none is as the defaults of `Tenant` say."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._keys = connection.keys

    async def get(self, name: str) -> Tenant:
        """Return what a tenant may take."""
        with translated():
            stored: Any = await self._connection.client.hgetall(self._keys.tenant(name))
        return Tenant.from_hash(name, stored)

    async def put(self, tenant: Tenant) -> None:
        """Put down what a tenant may take."""
        key, stored = self._keys.tenant(tenant.name), tenant.to_hash()
        with translated():
            async with self._connection.client.pipeline(transaction=True) as pipe:
                pipe.delete(key)
                if stored:
                    pipe.hset(key, mapping=dict[Any, Any](stored))
                pipe.sadd(self._keys.tenants, tenant.name)
                self._cap_changed(pipe, tenant.name)
                told = ", ".join(f"{field}={value:g}" for field, value in stored.items())
                self._connection.write_down(pipe, Said("tenant set", outward(tenant.name), told or "the defaults"))
                await pipe.execute()

    async def live(self, name: str) -> int:
        """Return how many videos of a tenant that has a cap run; what is left over in its index does not count."""
        with translated():
            keys = [self._keys.permits_of_tenant(name), self._keys.permits]
            count: Any = await self._connection.client.zintercard(len(keys), keys)
        return int(count)

    async def all(self) -> list[Tenant]:
        """Return every tenant that was put down, by name."""
        with translated():
            names: Any = await self._connection.client.smembers(self._keys.tenants)
        return [await self.get(name) for name in sorted(names)]

    async def remove(self, name: str) -> bool:
        """Let a tenant have the defaults again; return False if it had no settings. Its tasks stay."""
        with translated():
            async with self._connection.client.pipeline(transaction=True) as pipe:
                pipe.delete(self._keys.tenant(name))
                pipe.srem(self._keys.tenants, name)
                self._cap_changed(pipe, name)
                self._connection.write_down(pipe, Said("tenant remove", outward(name)))
                _, known, *_ = await pipe.execute()
        return bool(known)

    def _cap_changed(self, pipe: Any, name: str) -> None:
        """Let the next claim count its permits anew."""
        pipe.hdel(self._keys.caps, name)
        pipe.sadd(f"{self._keys.caps}:changed", name)
