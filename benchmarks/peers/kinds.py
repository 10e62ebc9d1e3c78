"""What a peer's file offers: `enqueuer()`, a context manager that gives an `Enqueue`, and `work()`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from importlib import import_module
from typing import Any

Enqueue = Callable[[str, str], Awaitable[None]]
"""Enqueues one task: its id, and the request as JSON."""


def enqueuer_of(peer: str) -> Callable[[], AbstractAsyncContextManager[Enqueue]]:
    found: Callable[[], AbstractAsyncContextManager[Enqueue]] = _module(peer).enqueuer
    return found


def work(peer: str) -> None:
    """Run a peer's worker until it is told to stop."""
    _module(peer).work()


def _module(peer: str) -> Any:
    return import_module(f"benchmarks.peers.{peer}")
