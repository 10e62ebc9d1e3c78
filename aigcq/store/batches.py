"""What a process asks of Redis in one turn of its loop goes out together.

Nearly all that a command costs a process is the way to Redis and back, not the command: many that
share the way cost little more than one. Nobody waits for others to share it with: what is there at
the end of the turn goes, unless so much is under way already that it joins the next batch.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import hiredis
from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

from aigcq import metrics
from aigcq.errors import StoreUnavailable
from aigcq.store.servers import Following, elsewhere

MOST_AT_ONCE: Final = 4
"""Batches under way, each on a connection of its own: one that hangs must not stop the others."""
MOST_CALLS: Final = 128
"""Of one batch: the first of them wait for the last to be sent, and a broken connection fails them all."""
OVERTAKE_SECONDS: Final = 0.005
"""For so long what comes waits for the batch under way to be back, and then goes out as one; it mostly is sooner."""
MOST_WAITING: Final = 20_000
"""Calls that wait to be sent; beyond that the next one is refused at once."""
PATIENCE_SECONDS: Final = 10.0
"""Who has waited for longer to be sent is refused then, as redis-py's pool does it: a Redis that hangs and comes
back must not be given what nobody may want any longer."""
CANCEL_AGAIN_SECONDS: Final = 0.1
"""A cancellation can get lost in what redis-py sends and connects with."""

_PACK: Final[Callable[[Any], bytes]] = hiredis.pack_command


@dataclass(slots=True, eq=False)
class _Call:
    """A command, and who waits for its answer."""

    packed: bytes
    answer: asyncio.Future[Any]
    asked_at: float

    @property
    def open(self) -> bool:
        """Whether somebody still waits for it."""
        return not self.answer.done()


class Batches:
    """Calls commands over the connections of a client's pool; what it raises is redis-py's, if not said otherwise."""

    def __init__(self, client: Redis) -> None:
        self._client = client
        self._waiting: deque[_Call] = deque()
        self._under_way: set[asyncio.Task[None]] = set()
        self._departure: asyncio.Handle | None = None
        self._closed = False

    def call(self, *words: str | int | float) -> asyncio.Future[Any]:
        """Return what will be the answer of one command. Who does not wait for it any longer disturbs nobody.

        Raises:
            StoreUnavailable: the store is closed, or Redis does not keep up; what is returned may raise that too.
        """
        if self._closed:
            raise _closed()
        if len(self._waiting) >= MOST_WAITING:
            raise _overrun()
        loop = asyncio.get_running_loop()
        call = _Call(_packed(words), loop.create_future(), loop.time())
        self._waiting.append(call)
        if self._departure is None or len(self._waiting) == MOST_CALLS:
            self._plan_departure()
        return call.answer

    async def close(self) -> None:
        """End what is under way; whoever waits is told StoreUnavailable."""
        self._closed = True
        _give_up(self._waiting)
        self._waiting.clear()  # before the loop goes on: nothing departs any more
        while self._under_way:
            for task in self._under_way:
                task.cancel()
            await asyncio.wait(self._under_way, timeout=CANCEL_AGAIN_SECONDS)

    def _plan_departure(self, *, one_is_back: bool = False) -> None:
        """Let what waits depart at the end of this turn, or later if a batch is under way that may soon be back."""
        if self._departure:
            self._departure.cancel()
            self._departure = None
        if not self._waiting or len(self._under_way) >= MOST_AT_ONCE:
            return
        loop = asyncio.get_running_loop()
        if one_is_back or not self._under_way or len(self._waiting) >= MOST_CALLS:
            self._departure = loop.call_soon(self._depart)
        else:
            self._departure = loop.call_later(OVERTAKE_SECONDS, self._depart)

    def _depart(self) -> None:
        self._departure = None
        if batch := self._next_batch():
            # Its parent is this object, which `close` ends it with. A TaskGroup could not be: it would be entered and
            # left with the store, and turn whatever ends the work with that into a group of exceptions.
            task = asyncio.get_running_loop().create_task(self._carry(batch))
            self._under_way.add(task)
            task.add_done_callback(partial(self._arrived, batch))
            self._plan_departure()

    def _next_batch(self) -> list[_Call]:
        batch: list[_Call] = []
        patient_since = asyncio.get_running_loop().time() - PATIENCE_SECONDS
        while self._waiting and len(batch) < MOST_CALLS:
            call = self._waiting.popleft()
            if call.open and call.asked_at < patient_since:
                call.answer.set_exception(_overrun())
            else:
                batch.append(call)
        return batch

    def _arrived(self, batch: Sequence[_Call], task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        error = None if task.cancelled() else task.exception()
        _give_up(batch, None if self._closed else error)  # the library makes errors of its own of a cancellation
        self._plan_departure(one_is_back=True)

    async def _carry(self, batch: Sequence[_Call]) -> None:
        """Give each call of `batch` its answer. Only what was not answered is sent again."""
        pool: Any = self._client.connection_pool
        connection = await pool.get_connection()
        try:
            await connection.retry.call_with_retry(
                lambda: _exchange(connection, [call for call in batch if call.open]),  # nobody wants the others
                lambda error, failures: connection.disconnect(error=error, failure_count=failures),
                with_failure_count=True,
            )
        finally:
            await pool.release(connection)


async def _exchange(connection: Following, batch: Sequence[_Call]) -> None:
    """Send `batch` once and give out the answers.

    Raises:
        Refused: another server may do what this one did not; everything else was answered.
    """
    refused: ResponseError | None = None
    asked_at = asyncio.get_running_loop().time()
    await connection.send_packed_command(b"".join([call.packed for call in batch]))
    for call in batch:
        answer = await connection.read_answer()
        if elsewhere(answer):
            refused = answer
        elif call.open:
            _answer(call.answer, answer)
    metrics.REDIS_SECONDS.observe(asyncio.get_running_loop().time() - asked_at)
    if refused:
        raise await connection.given_up(refused) from refused


def _answer(future: asyncio.Future[Any], reply: Any) -> None:
    if isinstance(reply, RedisError):
        future.set_exception(reply)
    else:
        future.set_result(reply)


def _packed(words: Sequence[str | int | float]) -> bytes:
    try:
        return _PACK(tuple(words))
    except UnicodeEncodeError:  # half a surrogate in what the vendor says must not cost a video that was paid for
        return _PACK(tuple(word.encode(errors="backslashreplace") if isinstance(word, str) else word for word in words))


def _give_up(calls: Sequence[_Call], error: BaseException | None = None) -> None:
    for call in calls:
        if call.open:
            call.answer.set_exception(error or _closed())


def _closed() -> StoreUnavailable:
    return StoreUnavailable("The connections to Redis are closed.")


def _overrun() -> StoreUnavailable:
    return StoreUnavailable("Redis does not keep up with what it is asked; this was not sent.")
