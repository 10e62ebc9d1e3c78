"""Looking names up, in threads of their own.

Not the loop's: it has a handful of threads for all lookups of the process, and a client whose name servers do not
answer would keep the vendor's name from being looked up. They are daemons, so that none keeps a process from ending.
"""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from threading import Thread
from typing import Any, Final

from aiohttp.abc import AbstractResolver, ResolveResult

MOST: Final = 64
"""Lookups at a time; one that nobody waits for any more counts until the system gives it up."""


class Lookup(AbstractResolver):
    """What the system's resolver says."""

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(MOST)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        await self._free.acquire()
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Any] = loop.create_future()

        def tell(found: Any, error: OSError | None) -> None:
            self._free.release()
            if done.done():  # nobody waits any more
                return
            if error:
                done.set_exception(error)
            else:
                done.set_result(found)

        def look() -> None:
            found, error = None, None
            try:
                found = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
            except (OSError, UnicodeError) as failure:
                error = failure if isinstance(failure, OSError) else OSError("no name")
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(tell, found, error)

        Thread(target=look, name="lookup", daemon=True).start()
        return [_result(host, port, each) for each in await done]

    async def close(self) -> None:
        """Nothing is kept."""


def _result(host: str, port: int, info: tuple[Any, ...]) -> ResolveResult:
    family, _, proto, _, address = info
    return ResolveResult(
        hostname=host, host=address[0], port=port, family=family, proto=proto, flags=socket.AI_NUMERICHOST
    )
