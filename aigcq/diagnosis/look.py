"""To go and see how the service is, at the cost of two round trips to Redis at most."""

from __future__ import annotations

import asyncio
import os
import shutil
from contextlib import suppress
from typing import Final

from anyio import CapacityLimiter, to_thread
from anyio.lowlevel import RunVar

from aigcq.clock import Clock
from aigcq.diagnosis.seen import Seen, Shelf
from aigcq.errors import StoreUnavailable
from aigcq.storage import Storage
from aigcq.store import Store

FOLDER_SECONDS: Final = 2.0
"""A folder on a network may not answer; then nothing is known of it."""
_LIMITER: Final[RunVar[CapacityLimiter | None]] = RunVar("looks at the folder of videos")


async def look(store: Store, clock: Clock, storage: Storage | None) -> Seen:
    """Return what there is to see; that Redis is away is a thing to see too."""
    shelf = await shelf_of(storage)
    try:
        overview = await store.control.overview()
        now_ms = round(clock.now() * 1000)
        condition = await store.server.look()
    except StoreUnavailable as error:
        return Seen(away=str(error), shelf=shelf)
    return Seen(now_ms=now_ms, overview=overview, condition=condition, shelf=shelf)


async def shelf_of(storage: Storage | None) -> Shelf | None:
    """Return how the folder of videos is; None: there is none, or it does not answer. A bucket is not asked."""
    folder = storage.folder if storage else None
    if folder is None:
        return None
    with suppress(TimeoutError):
        async with asyncio.timeout(FOLDER_SECONDS):
            return await to_thread.run_sync(_seen, str(folder), abandon_on_cancel=True, limiter=_one_at_a_time())
    return Shelf(error="its folder does not answer")


def _one_at_a_time() -> CapacityLimiter:
    """Return what lets a folder that hangs keep one thread of this loop, which keeps no process from ending."""
    if (limiter := _LIMITER.get(None)) is None:
        _LIMITER.set(limiter := CapacityLimiter(1))
    return limiter


def _seen(folder: str) -> Shelf:
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        return Shelf(error=f"its folder cannot be read: {error.strerror}")
    if not os.access(folder, os.W_OK | os.X_OK):
        return Shelf(error="this process may not write to its folder", free_bytes=free)
    return Shelf(free_bytes=free)
