"""`Prefer: wait=n` (RFC 7240): the answer may take its time, if the task ends meanwhile."""

from __future__ import annotations

import re
from typing import Annotated, Final

from fastapi import Depends, Header

from aigcq.api.streams import Streams
from aigcq.api.views import status_of
from aigcq.errors import StoreUnavailable, TooManyListeners
from aigcq.schemas import TaskStatus

MOST_SECONDS: Final = 60
WAIT: Final = re.compile(r"(?:^|[,;\s])wait\s*=\s*\"?([0-9]{1,6})\"?\s*(?:$|[,;])", re.IGNORECASE)


def wished(
    prefer: Annotated[
        str,
        Header(
            description="`wait=n`: answer once the task has ended, or after n seconds, at most 60. "
            "`Preference-Applied` says for how long it was waited at most."
        ),
    ] = "",
) -> int:
    """Return for how many seconds the client would wait; 0 if it says nothing that is understood."""
    found = WAIT.search(prefer)
    return min(MOST_SECONDS, int(found[1])) if found else 0


Wait = Annotated[int, Depends(wished)]


async def waited(task_id: str, seconds: int, streams: Streams, base: str) -> TaskStatus | None:
    """Return the task once it has ended, or as it stands then; None if nobody can wait for it now.

    Raises:
        TaskNotFound: there is no such task, or its record has expired.
    """
    try:
        return status_of(await streams.ended(task_id, seconds), base)
    except (TooManyListeners, StoreUnavailable):
        return None  # a preference is none that must be kept


def applied(seconds: int) -> dict[str, str]:
    """Return the headers of an answer that was waited for."""
    return {"Preference-Applied": f"wait={seconds}", "Vary": "Prefer"}
