"""Tells receivers what became of tasks: beside the deliveries of tasks, which never wait for it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from random import Random
from typing import Any, Final, Protocol

from aigcq import telemetry
from aigcq.backoff import spread
from aigcq.clock import Clock
from aigcq.config import Settings
from aigcq.errors import StoreUnavailable, TaskNotFound
from aigcq.model import ENDED, Task
from aigcq.outbound.caller import Answer, Caller
from aigcq.outbound.receiver import Receiver
from aigcq.outbound.signing import Signer, new_secret
from aigcq.store import Store
from aigcq.store.outbox import Call, Moment, Note
from aigcq.store.tasks import View
from aigcq.worker.hosts import Hosts
from aigcq.worker.stop import Stop, Stopping

log = telemetry.logger()

SCHEDULE: Final = (5.0, 300.0, 1800.0, 7200.0, 18_000.0, 36_000.0, 50_400.0, 72_000.0, 86_400.0)
"""Seconds after each call that failed; then every day, for as long as the task is on record."""
BATCH: Final = 50
LEASE_SECONDS: Final = 15.0
"""Beyond the time that a call may take: then others deliver what this process has taken."""
NOT_YET_SECONDS: Final = 30.0
DISABLED_SECONDS: Final = 3600.0
"""How often it is looked whether a receiver that is disabled is called again."""
IDLE_SECONDS: Final = 2.0
"""The longest time between two looks, at the least: what happens here rings the bell."""
GATHER_SECONDS: Final = 0.2
"""After the bell has rung, to take at once what happens together."""
AWAY_SECONDS: Final = 2.0
FAULT_SECONDS: Final = 3600.0
"""What we cannot tell, for a fault of ours, may be told by another release."""
LAST_SECONDS: Final = 3.0
"""How long calls that are under way may go on once the process is to stop; the receiver may hear of them again."""
GONE: Final = 410
EVERYONE: Final = "every-task"
"""Name of the receiver of every task: no client's failures at the same address speak against it."""


class Tell(Protocol):
    """What to say of a moment; None: nothing."""

    async def __call__(
        self, view: View, moment: Moment, message_id: str, *, everyone: bool
    ) -> Mapping[str, Any] | None: ...


class Deliverer:
    """One process's share of the outbox."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        clock: Clock,
        rng: Random,
        tell: Tell,
        bell: asyncio.Event,
        caller: Callable[[], Caller],
    ) -> None:
        self._store = store
        self._settings = settings
        self._clock = clock
        self._rng = rng
        self._tell = tell
        self._bell = bell
        """Rings when something may have been posted."""
        self._caller = caller
        self._hosts = Hosts(settings.webhook_host_concurrency, rng)
        self._active = 0
        self._signer: Signer | None = None

    async def run(self, stop: Stop) -> None:
        """Deliver until the stop; what is under way then is given a moment."""
        loop = asyncio.get_running_loop()
        async with self._caller() as caller:
            try:
                async with asyncio.timeout(None) as last, asyncio.TaskGroup() as calls:
                    with suppress(Stopping):
                        while True:
                            await self._rest(stop, await self._look(calls, caller))
                    last.reschedule(loop.time() + LAST_SECONDS)
            except TimeoutError:
                log.info("webhooks left to others", calls=self._active)

    async def _rest(self, stop: Stop, seconds: float) -> None:
        if await stop.nap_unless(seconds, self._bell):
            await stop.nap(GATHER_SECONDS)

    async def _look(self, calls: asyncio.TaskGroup, caller: Caller) -> float:
        """Take what is due and there is room for; return the seconds until the next look."""
        room = min(BATCH, self._settings.webhook_concurrency - self._active)
        if room <= 0:
            return self._settings.webhook_timeout_seconds  # each call that ends rings the bell
        lease = self._settings.webhook_timeout_seconds + LEASE_SECONDS
        try:
            notes, due_seconds = await self._store.outbox.take(room, lease)
        except StoreUnavailable as error:
            log.warning("store away", step="outbox", why=str(error))
            return AWAY_SECONDS
        except Exception:  # who tells of tasks must not end those who run them
            log.exception("internal error", step="outbox")
            return AWAY_SECONDS
        for note in notes:
            self._active += 1
            calls.create_task(self._deliver(note, caller))
        if len(notes) == room:
            return 0.0
        idle = max(IDLE_SECONDS, self._settings.worker_poll_interval)
        return idle if due_seconds is None else min(idle, max(GATHER_SECONDS, due_seconds))

    async def _deliver(self, note: Note, caller: Caller) -> None:
        """Deliver one note; neither Redis being away nor a fault of ours ends the others. Its lease ends then."""
        try:
            await self._handle(note, caller)
        except StoreUnavailable as error:
            log.warning("store away", step="webhook", task=note.task_id, why=str(error))
        except Exception:
            log.exception("internal error", step="webhook", task=note.task_id)
            with suppress(StoreUnavailable):
                await self._store.outbox.again(note, FAULT_SECONDS)
        finally:
            if self._active == self._settings.webhook_concurrency:
                self._bell.set()  # there is room again
            self._active -= 1

    async def _handle(self, note: Note, caller: Caller) -> None:
        outbox = self._store.outbox
        try:
            view = await self._store.tasks.get(note.task_id)
        except TaskNotFound:
            await outbox.done(note)
            return
        if not _has_happened(view.task, note.moment):
            await outbox.again(note, spread(NOT_YET_SECONDS, self._rng))
            return
        url = self._url(note, view)
        if note.everyone and not url:  # only the API knows it so far
            await outbox.again(note, spread(DISABLED_SECONDS, self._rng))
            return
        body = await self._tell(view, note.moment, message_id(view.task, note.moment), everyone=note.everyone)
        if not url or body is None:
            await outbox.done(note)
            return
        receiver = Receiver.of(url, EVERYONE if note.everyone else "")
        if await self._store.receivers.disabled(receiver.name):
            await outbox.again(note, spread(DISABLED_SECONDS, self._rng))
        elif busy := self._hosts.enter(receiver.host):
            await outbox.again(note, busy)
        else:
            await self._call(note, view, url, receiver, json.dumps(body), caller)

    def _url(self, note: Note, view: View) -> str:
        if note.everyone:
            return self._settings.webhook_url.get_secret_value()
        return str(view.client.get("webhook", {}).get("url", ""))

    async def _call(self, note: Note, view: View, url: str, receiver: Receiver, body: str, caller: Caller) -> None:
        answer, began = Answer(error="interrupted"), self._clock.monotonic()
        try:
            signer = await self._signer_of()
            headers = signer.headers(message_id(view.task, note.moment), self._clock.now(), body)
            answer = await caller.post(url, body.encode(), headers, trusted=note.everyone)
        finally:
            seconds = self._clock.monotonic() - began
            self._hosts.leave(receiver.host, seconds, answered=bool(answer.status))
        await self._settle(note, receiver, answer, seconds)

    async def _settle(self, note: Note, receiver: Receiver, answer: Answer, seconds: float) -> None:
        what = {"task": note.task_id, "moment": str(note.moment), "host": receiver.host, "attempt": note.tries + 1}
        call = Call(
            receiver=receiver.name, host=receiver.host, status=answer.status, error=answer.error,
            ms=round(seconds * 1000),
        )  # fmt: skip
        if answer.accepted:
            await self._store.outbox.done(note, call)
            log.info("told", **what, status=answer.status)
            return
        delay = spread(SCHEDULE[min(note.tries, len(SCHEDULE) - 1)], self._rng)
        log.warning("not told", **what, status=answer.status or None, why=answer.error, again_seconds=round(delay))
        if await self._store.outbox.again(note, delay, call, gone=answer.status == GONE):
            log.warning("webhook disabled", receiver=receiver.name, host=receiver.host, gone=answer.status == GONE)

    async def _signer_of(self) -> Signer:
        if self._signer is None:
            known = self._settings.webhook_secrets or (await self._store.receivers.secret(new_secret()),)
            self._signer = Signer(known)
        return self._signer


def message_id(task: Task, moment: Moment) -> str:
    """Return the name of a message, by which its receiver knows a repetition.

    A task that ends again, because it was requeued, ends as another attempt; it starts only once.
    """
    which = f"_{task.attempt}" if moment is Moment.END else ""
    return f"msg_{task.id.replace('-', '')}_{moment}{which}"


def _has_happened(task: Task, moment: Moment) -> bool:
    """Return whether the record says so: a note is written before, and a task may have been requeued since."""
    return task.status in ENDED or (moment is Moment.START and bool(task.submitted_ms))
