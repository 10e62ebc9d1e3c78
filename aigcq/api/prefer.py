"""`Prefer: wait` (RFC 7240), on every face: the answer may take its time, if the task ends meanwhile."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Annotated, Final

from fastapi import Depends, Header, Request

from aigcq.api.streams import Streams
from aigcq.api.views import status_of
from aigcq.errors import StoreUnavailable, TaskNotFound, TooManyListeners
from aigcq.schemas import TaskStatus
from aigcq.store.tasks import View

MOST_SECONDS: Final = 60.0
_WAIT: Final = re.compile(r'wait(?:\s*=\s*"?([0-9]{1,6}(?:\.[0-9]{1,9})?)"?)?', re.IGNORECASE)


def wanted_seconds(prefer: str) -> float | None:
    """Return how long to wait; None: not at all. What is not understood in a preference is ignored."""
    for word in prefer.split(","):
        if found := _WAIT.fullmatch(word.partition(";")[0].strip()):
            return min(MOST_SECONDS, float(found[1])) if found[1] else MOST_SECONDS
    return None


def _wished(
    prefer: Annotated[
        str,
        Header(
            description="`wait=n`: answer once the task has ended, or after n seconds, at most 60; `wait` alone: 60. "
            "`Preference-Applied` says for how long it was waited at most."
        ),
    ] = "",
) -> float:
    """Return for how many seconds the client would wait; 0 if it says nothing that is understood."""
    return wanted_seconds(prefer) or 0


Wait = Annotated[float, Depends(_wished)]


async def waited(request: Request, task_id: str, seconds: float, streams: Streams, base: str) -> TaskStatus | None:
    """Return the task once it has ended, or as it stands then; None as `until_ended`."""
    view = await until_ended(request, task_id, seconds, streams)
    return status_of(view, base) if view else None


async def until_ended(
    request: Request, task_id: str, seconds: float, streams: Streams, gone: Callable[[], None] = lambda: None
) -> View | None:
    """Return the task once it has ended, or as it stands after so many seconds.

    None: nobody can wait for it now, which a preference does not insist on, or its client went away and `gone` was
    called; its place among those who listen is free again.
    """
    async with asyncio.TaskGroup() as group:
        leaves = group.create_task(_until_gone(request, gone))
        seen = group.create_task(_seen(task_id, seconds, streams))
        await asyncio.wait({leaves, seen}, return_when=asyncio.FIRST_COMPLETED)
        for each in (leaves, seen):
            each.cancel()
    return None if seen.cancelled() else seen.result()


async def _seen(task_id: str, seconds: float, streams: Streams) -> View | None:
    try:
        return await streams.ended(task_id, seconds)
    except (StoreUnavailable, TaskNotFound, TooManyListeners):
        return None


async def _until_gone(request: Request, gone: Callable[[], None]) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
    gone()


def applied(seconds: float) -> dict[str, str]:
    """Return the headers of an answer that was waited for."""
    return {"Preference-Applied": f"wait={seconds:g}", "Vary": "Prefer"}
