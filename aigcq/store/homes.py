"""Which account a client's key has named, where there are several.

An Idempotency-Key is kept where its task was enqueued, and that depends on how busy the accounts are. So it is looked
up in all of them first; and as two calls that come at once both find nothing, a key that is new is given to one
account for good, in a place that all agree on: its home.

Every method may raise StoreUnavailable.
"""

from __future__ import annotations

from typing import Any

from aigcq.store.connection import Connection, translated
from aigcq.store.records import NewTask
from aigcq.store.tasks import RESENT_MS


def repeatable(new: NewTask) -> bool:
    """Return whether somebody may send this again and mean the same task."""
    return bool(new.idempotency_key) or new.resend is not None


class Homes:
    """What one account knows of keys."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._keys = connection.keys

    async def named(self, new: NewTask) -> int | None:
        """Return when this account was told to make what is to be made again, ms; None: it never was."""
        if new.idempotency_key:
            key = self._keys.idempotency(new.tenant, new.route, new.idempotency_key)
        else:
            key = self._keys.resent(new.tenant, new.route, new.fingerprint)
        with translated():
            found: Any = await self._connection.batches.call("GET", key)
        return int(str(found).rpartition(" ")[2]) if found else None

    async def claim(self, new: NewTask, account: str) -> str:
        """Return the account that what is new goes to: `account`, unless another call was here before.

        What a library sends for the first time is another task each time, whatever was sent before.
        """
        name = new.idempotency_key or new.fingerprint
        ttl_ms = self._idempotency_ms if new.idempotency_key else RESENT_MS
        key = self._keys.home(new.tenant, new.route, name)
        first = () if new.resend == 0 and not new.idempotency_key else ("NX", "GET")
        with translated():
            found: Any = await self._connection.batches.call("SET", key, account, "PX", ttl_ms, *first)
        return str(found) if first and found else account

    @property
    def _idempotency_ms(self) -> int:
        return round(self._connection.settings.idempotency_ttl_seconds * 1000)
