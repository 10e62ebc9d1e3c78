"""What `aigcq doctor` looks at where videos are kept: it writes, reads and deletes a file there."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable

from aigcq.cli.checks import Check, fail, ok, warn
from aigcq.config import Settings
from aigcq.diagnosis import shelf_of
from aigcq.diagnosis.storage import ACTION_FAILING, ACTION_FULL, FULL_BYTES, LOW_BYTES
from aigcq.errors import StorageUnavailable
from aigcq.storage import Storage, open_storage

NAME = "storage"
PROBE = b"aigcq doctor"


async def of_storage(settings: Settings) -> Iterable[Check]:
    """Return whether videos can be kept."""
    storage = open_storage(settings)
    if storage is None:
        return [ok(NAME, "AIGCQ_STORAGE=off: clients get the vendor's addresses, which end after some days.")]
    try:
        await _tried(storage)
    except (StorageUnavailable, OSError) as error:
        why = error.why if isinstance(error, StorageUnavailable) else str(error)
        return [fail(NAME, f"{storage.where}: {why}", ACTION_FAILING), *await _room(storage)]
    return [ok(NAME, f"A file was written, read and deleted in {storage.where}."), *await _room(storage)]


async def _tried(storage: Storage) -> None:
    key = f".probe/doctor-{os.getpid()}"
    await storage.put(key, PROBE, "text/plain")
    try:
        if await asyncio.to_thread(_read, storage, key) != PROBE:
            raise StorageUnavailable("What was written is not what is read.")
    finally:
        await storage.delete(key)


def _read(storage: Storage, key: str) -> bytes:
    with storage.open(key) as file:
        return file.read()


async def _room(storage: Storage) -> Iterable[Check]:
    shelf = await shelf_of(storage)
    if shelf is None or shelf.free_bytes is None:
        return []
    said = f"{shelf.free_bytes / 1024**2:,.0f} MiB are free for videos."
    if shelf.free_bytes < FULL_BYTES:
        return [fail("disk space", said, ACTION_FULL)]
    return [warn("disk space", said, ACTION_FULL) if shelf.free_bytes < LOW_BYTES else ok("disk space", said)]
