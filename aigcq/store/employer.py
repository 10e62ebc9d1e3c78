"""Which vendor account a queue belongs to. Every method may raise StoreUnavailable."""

from __future__ import annotations

from typing import Any

from aigcq.errors import OtherAccount
from aigcq.store.connection import Connection, translated


class Employer:
    """A queue is one account; what is live at the vendor is known to that one only."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._keys = connection.keys

    async def employ(self, account: str, secret: str) -> bool:
        """Let a worker of `account` work here; return whether its SecretId, of which `secret` is a hash, is a new one.

        Raises:
            OtherAccount: vendor tasks of another account are live.
        """
        keys = self._keys
        answer = await self._connection.run("employ", [keys.meta, keys.permits, keys.quarantine], [account, secret])
        match answer:
            case [0, live, other]:
                raise OtherAccount(account, other, live)
        return bool(answer[1])

    async def current(self) -> str:
        """Return the account whose workers were here last; empty: none was."""
        with translated():
            found: Any = await self._connection.client.hget(self._keys.meta, "account")
        return found or ""

    async def forget(self) -> bool:
        """Let a worker of any account in, whatever is live; return False if none was known."""
        with translated():
            return bool(await self._connection.client.hdel(self._keys.meta, "account"))
