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

from aigcq.errors import StoreUnavailable
from aigcq.store.servers import Following, elsewhere

MOST_AT_ONCE: Final = 4
"""Batches under way, each on a connection of its own: one that hangs must not stop the others."""
MOST_CALLS: Final = 128
"""Of one batch: the first of them wait for the last to be sent, and a broken connection fails them all."""

_PACK: Final[Callable[[Any], bytes]] = hiredis.pack_command


@dataclass(slots=True, eq=False)
class _Call:
    """A command, and who waits for its answer."""

    packed: bytes
    answer: asyncio.Future[Any]


class Batches:
    """Calls commands over the connections of a client's pool; what it raises is redis-py's."""

    def __init__(self, client: Redis) -> None:
        self._client = client
        self._waiting: deque[_Call] = deque()
        self._under_way: set[asyncio.Task[None]] = set()
        self._departing = False
        self._closed = False
        self._patient_packer = client.connection_pool.make_connection()  # type: ignore[no-untyped-call]  # no I/O

    def call(self, *words: str | int | float) -> asyncio.Future[Any]:
        """Return what will be the answer of one command. Who does not wait for it any longer disturbs nobody.

        Raises:
            StoreUnavailable: the store is closed; what is returned may raise that too.
        """
        if self._closed:
            raise _closed()
        call = _Call(self._packed(words), asyncio.get_running_loop().create_future())
        self._waiting.append(call)
        self._depart_soon()
        return call.answer

    async def close(self) -> None:
        """End what is under way; whoever waits is told StoreUnavailable."""
        self._closed = True
        _give_up(self._waiting)
        self._waiting.clear()  # before the loop goes on: nothing departs any more
        for task in self._under_way:
            task.cancel()
        if self._under_way:
            await asyncio.wait(self._under_way)

    def _packed(self, words: Sequence[str | int | float]) -> bytes:
        try:
            return _PACK(tuple(words))
        except (TypeError, UnicodeError):  # the library's own way is slow; it knows `encoding_errors`
            return b"".join(self._patient_packer.pack_command(*words))

    def _depart_soon(self) -> None:
        if self._waiting and not self._departing and not self._closed and len(self._under_way) < MOST_AT_ONCE:
            self._departing = True
            asyncio.get_running_loop().call_soon(self._depart)

    def _depart(self) -> None:
        self._departing = False
        batch = [self._waiting.popleft() for _ in range(min(MOST_CALLS, len(self._waiting)))]
        if not batch:
            return
        # Its parent is this object, which `close` ends it with. A TaskGroup could not be: it would be entered and
        # left with the store, and turn whatever ends the work with that into a group of exceptions.
        task = asyncio.get_running_loop().create_task(self._carry(batch))
        self._under_way.add(task)
        task.add_done_callback(partial(self._arrived, batch))
        self._depart_soon()

    def _arrived(self, batch: Sequence[_Call], task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        error = None if task.cancelled() else task.exception()
        _give_up(batch, None if self._closed else error)  # the library makes errors of its own of a cancellation
        self._depart_soon()

    async def _carry(self, batch: Sequence[_Call]) -> None:
        """Give each call of `batch` its answer. Only what was not answered is sent again."""
        pool: Any = self._client.connection_pool
        connection = await pool.get_connection()
        try:
            await connection.retry.call_with_retry(
                lambda: _exchange(connection, _open(batch)),
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
    await connection.send_packed_command(b"".join([call.packed for call in batch]))
    for call in batch:
        answer = await connection.read_answer()
        if elsewhere(answer):
            refused = answer
        elif not call.answer.done():
            _answer(call.answer, answer)
    if refused:
        raise await connection.given_up(refused) from refused


def _answer(future: asyncio.Future[Any], reply: Any) -> None:
    if isinstance(reply, RedisError):
        future.set_exception(reply)
    else:
        future.set_result(reply)


def _open(batch: Sequence[_Call]) -> list[_Call]:
    """Return the calls that somebody still waits for."""
    return [call for call in batch if not call.answer.done()]


def _give_up(calls: Sequence[_Call], error: BaseException | None = None) -> None:
    for call in _open(calls):
        call.answer.set_exception(error or _closed())


def _closed() -> StoreUnavailable:
    return StoreUnavailable("The connections to Redis are closed.")
