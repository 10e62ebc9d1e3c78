"""A TCP address in front of another, on which connections can be cut, delayed and swallowed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum

from aigcq.clock import Clock


class Mode(StrEnum):
    """What happens to what passes."""

    PASS = "pass"
    DELAY = "delay"
    """Every chunk arrives `delay_seconds` late."""
    HANG = "hang"
    """Connections stay open and nothing arrives: the half-open ones of a lost network."""
    MUTE = "mute"
    """What is asked arrives and is carried out; no answer comes back."""
    REFUSE = "refuse"
    """New connections are reset."""


class Proxy:
    """One link. Start it inside a TaskGroup; its address stays the same whatever happens behind it."""

    def __init__(
        self, name: str, target: tuple[str, int], clock: Clock, tap: Callable[[bytes], None] = lambda chunk: None
    ) -> None:
        self.name = name
        self.tap = tap
        """Is shown every chunk that is passed on to the target."""
        self.mode = Mode.PASS
        self.delay_seconds = 0.0
        self.port = 0
        self._target = target
        self._clock = clock
        self._open: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen on a free port of 127.0.0.1."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server:
            self._server.close()
        self.cut()

    def cut(self) -> None:
        """Reset every connection that is open now."""
        for writer in list(self._open):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            if self.mode is not Mode.REFUSE:
                await self._join(reader, writer)
        finally:
            self._open.discard(writer)
            writer.transport.abort()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Copy both ways until either side ends."""
        with suppress(OSError):
            far_reader, far_writer = await asyncio.open_connection(*self._target)
            self._open.add(far_writer)
            try:
                with suppress(ExceptionGroup):
                    async with asyncio.TaskGroup() as group:
                        group.create_task(self._copy(reader, far_writer, asks=True))
                        group.create_task(self._copy(far_reader, writer, asks=False))
            finally:
                self._open.discard(far_writer)
                far_writer.transport.abort()

    async def _copy(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, asks: bool) -> None:
        """Copy one way; the end of one direction ends both, as a reset would."""
        while chunk := await source.read(65536):
            if self.mode is Mode.HANG or (self.mode is Mode.MUTE and not asks):
                continue
            if self.mode is Mode.DELAY:
                await self._clock.sleep(self.delay_seconds)
            if asks:
                self.tap(chunk)
            sink.write(chunk)
            await sink.drain()
        raise ConnectionResetError
