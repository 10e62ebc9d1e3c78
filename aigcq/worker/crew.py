"""The workers of one process: one for each account, which start, fail and pause apart and stop together."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from aigcq import telemetry
from aigcq.accounts import Historian, Mover
from aigcq.worker.deliverer import Deliverer
from aigcq.worker.stop import Stop, Stopping
from aigcq.worker.worker import Worker

log = telemetry.logger()

MOVE_SECONDS: Final = 2.0
"""Between two looks at what is to move from one account to another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Who works for one account."""

    account: str
    """Its name, on every line of the log; empty: it is the only one."""
    worker: Worker
    deliverer: Deliverer
    employed: Callable[[], Awaitable[None]]
    """Returns once the worker may work for the account; may raise Stopping."""


class Crew:
    """All members of a process, who moves tasks between their accounts, if there are several, and who keeps history."""

    def __init__(
        self, members: Sequence[Member], mover: Mover | None = None, historian: Historian | None = None
    ) -> None:
        self._members = members
        self._mover = mover
        self._historian = historian
        self._over = Stop()

    @property
    def stopping(self) -> bool:
        return self._over.requested

    def stop(self) -> None:
        """Let every member end in order; may be called again, and from a signal handler of the loop."""
        self._over.request()
        for each in self._members:
            each.worker.stop.request()

    async def run(self) -> None:
        """Work until `stop`; what ends one member ends all of them.

        Raises:
            SchemaTooNew: a newer release has written one of the queues; what was held is handed back.
            OtherAccount: vendor tasks of another account are live in one of them.
        """
        async with asyncio.TaskGroup() as group:
            if self._mover:
                group.create_task(self._every(lambda: MOVE_SECONDS, self._mover.turn, "move"))
            if historian := self._historian:
                group.create_task(self._every(lambda: historian.pause_seconds, historian.turn, "history"))
            for each in self._members:
                group.create_task(self._work(each))

    async def _work(self, member: Member) -> None:
        if member.account:
            telemetry.of_account(member.account)
        telemetry.know(worker=member.worker.consumer)
        log.info("worker started", consumer=member.worker.consumer)
        with suppress(Stopping):
            await member.employed()
        async with asyncio.TaskGroup() as group:
            group.create_task(member.deliverer.run(member.worker.stop))
            try:
                await member.worker.run()
            finally:
                self.stop()  # whatever ended it ends what runs beside it

    async def _every(
        self, seconds: Callable[[], float], turn: Callable[[], Coroutine[Any, Any, object]], step: str
    ) -> None:
        with suppress(Stopping):
            while True:
                try:
                    await self._over.unless(turn())  # it may be left at any step
                except Stopping:
                    raise
                except Exception:
                    log.exception("internal error", step=step)
                await self._over.nap(seconds())
