"""How the client lets time pass: its own, for it imports nothing of the service."""

from __future__ import annotations

import time

import anyio


def nap(seconds: float) -> None:
    """Return after so many seconds."""
    time.sleep(seconds)


async def anap(seconds: float) -> None:
    """Return after so many seconds, in whatever event loop this is."""
    await anyio.sleep(seconds)
