"""Pictures that were sent with a request. They wait for their task, which goes on record after them.

Not in the request: that is read at every look at the task. Not without an end: whoever dies between the two
writes would leave one behind for good.
"""

from __future__ import annotations

from typing import Final

from aigcq.caller import OPERATOR, Caller
from aigcq.errors import UploadsFull
from aigcq.store.connection import Connection, translated

SPARE_MS: Final = 60 * 60 * 1000
"""How long a picture that no task waits for is kept: of a task that has ended, for a remix or a requeue."""


class Uploads:
    """One picture for a task, at most; every method may raise StoreUnavailable."""

    def __init__(self, connection: Connection, caller: Caller = OPERATOR) -> None:
        self._connection = connection
        self._caller = caller
        self._client = connection.client
        self._keys = connection.keys
        self._ttl_ms = round(connection.settings.upload_seconds * 1000)

    async def put(self, task_id: str, base64: str) -> None:
        """Keep a picture for a task that is not on record yet; it is removed after AIGCQ_UPLOAD_SECONDS.

        Raises:
            UploadsFull: AIGCQ_MAX_UPLOADS pictures are waited for; nothing was written.
        """
        keys, most = self._keys, self._connection.settings.max_uploads
        kept = await self._connection.run(
            "put_upload",
            [keys.upload(task_id), keys.uploads],
            [keys.task_prefix, task_id, base64, self._ttl_ms, most, SPARE_MS],
        )
        if not kept:
            raise UploadsFull(most)

    async def put_file(self, file_id: str, base64: str) -> None:
        """Keep a picture for tasks to come, for who calls and for no other tenant; else as `put`."""
        owner = self._caller.tenant
        await self.put(file_id, f"{owner}:{base64}" if owner else base64)

    async def carry(self, task_id: str, base64: str, ttl_ms: int) -> None:
        """Keep the picture of a task that comes from another account, which counts it: there is always room."""
        keys = self._keys
        await self._connection.run(
            "put_upload",
            [keys.upload(task_id), keys.uploads],
            [keys.task_prefix, task_id, base64, ttl_ms, 2**53, SPARE_MS],
        )

    async def get(self, upload_id: str) -> str | None:
        """Return the picture of a task, or a file, as Base64; None: there is none, or none any more."""
        places = [self._keys.task(upload_id), self._keys.upload(upload_id)]
        found = await self._connection.run("picture", places, [self._caller.sees])
        return None if found is None else str(found)

    async def drop(self, task_id: str) -> None:
        """Remove the picture of a task that did not come on record. An ended task's goes with `Tasks.erase`."""
        with translated():
            await self._client.delete(self._keys.upload(task_id))

    async def drop_file(self, file_id: str) -> bool:
        """Remove a file that a client has sent before; return False if there is none. A task's picture is no file."""
        keys = self._keys
        return bool(
            await self._connection.run("drop_file", [keys.task(file_id), keys.upload(file_id)], [self._caller.sees])
        )
