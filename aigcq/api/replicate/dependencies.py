"""What this protocol's routes are given."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Header, Path, Request

from aigcq.api.dependencies import BaseUrl, CatalogueDep, SettingsDep, StoreDep, StreamsDep
from aigcq.api.native import IdempotencyKey
from aigcq.api.openai.names import Names
from aigcq.api.replicate.creating import Creator, Terms
from aigcq.api.replicate.models import Asked, by_owner_and_name
from aigcq.api.replicate.pictures import Pictures
from aigcq.api.replicate.waiting import Unanswered, Waiter
from aigcq.clock import SystemClock
from aigcq.errors import TaskNotFound


def _names(request: Request) -> Names:
    names: Names = request.app.state.names
    return names


NamesDep = Annotated[Names, Depends(_names)]


def _unanswered(request: Request) -> Unanswered:
    """Return the process's own, made by whoever comes first."""
    state = request.app.state
    if not hasattr(state, "unanswered"):
        state.unanswered = Unanswered(SystemClock())
    found: Unanswered = state.unanswered
    return found


def _creator(
    store: StoreDep,
    catalogue: CatalogueDep,
    settings: SettingsDep,
    streams: StreamsDep,
    unanswered: Annotated[Unanswered, Depends(_unanswered)],
) -> Creator:
    waiter = Waiter(store, streams, SystemClock(), unanswered)
    return Creator(waiter, Pictures(store, settings.max_upload_bytes), catalogue)


def _terms(
    key: IdempotencyKey,
    prefer: Annotated[
        str, Header(description="`wait` or `wait=n`: hold the answer back until the end, for at most 60 seconds.")
    ] = "",
    cancel_after: Annotated[
        str, Header(description="Take it back if it has not begun by then: `90s`, `15m`, `1h30m`.")
    ] = "",
) -> Terms:
    return Terms(key, prefer, cancel_after)


def _asked(
    names: NamesDep,
    owner: Annotated[str, Path(description="Whose model it is; any will do.")],
    name: Annotated[str, Path(description="For example `hailuo-2.3`, `kling-v2.5`, or an alias.")],
) -> Asked:
    return by_owner_and_name(names, owner, name)


def _task_id(prediction_id: Annotated[str, Path(description="The id of the prediction, which is its task's.")]) -> str:
    """Return the task's id.

    Raises:
        TaskNotFound: it is none.
    """
    try:
        return str(UUID(prediction_id))
    except ValueError:
        raise TaskNotFound("of this id") from None


CreatorDep = Annotated[Creator, Depends(_creator)]
TermsDep = Annotated[Terms, Depends(_terms)]
AskedDep = Annotated[Asked, Depends(_asked)]
TaskId = Annotated[str, Depends(_task_id)]
Base = BaseUrl
