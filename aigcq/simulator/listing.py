"""DescribeTasks: the recent tasks of an application, by windows of time; there is no filter by SessionId.

Vendor source: tencentcloud-sdk-python-vod 3.1.194, DescribeTasksRequest.
"""

from __future__ import annotations

import base64
import binascii
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final

from aigcq.simulator.describe import file_id, iso
from aigcq.simulator.refusal import Refusal
from aigcq.simulator.task import Status, Task

ZERO_TIME: Final = "0001-01-01T00:00:00Z"
"""What the vendor's example shows for a moment that has not come."""

_Key = tuple[int, int]
"""A task's place in the order asked for; the ordinal makes it unique, so that pages neither overlap nor skip."""


@dataclass(frozen=True, slots=True)
class Window:
    """Whole seconds since 1970, after (inclusive) and before (exclusive)."""

    after: float = float("-inf")
    before: float = float("inf")

    def __contains__(self, moment: float) -> bool:
        return self.after <= int(moment) < self.before


def page(tasks: list[Task], params: Mapping[str, Any], now: float, visible: Window) -> dict[str, Any]:
    """Return one page of `tasks` (oldest first), as TaskSet and ScrollToken ("" on the last one).

    Raises:
        Refusal: InvalidParameterValue.Status, or InvalidParameterValue naming another bad field.
    """
    limit = _limit(params)
    matching = _matching(tasks, params, now, visible)
    found = list(islice(_from_token(params, _ordered(matching, params)), limit + 1))
    token = _token(found[limit - 1][0]) if len(found) > limit else ""
    return {"TaskSet": [_row(task, now) for _, task in found[:limit]], "ScrollToken": token}


def _matching(tasks: list[Task], params: Mapping[str, Any], now: float, visible: Window) -> Iterator[Task]:
    """Yield the tasks that match, newest first."""
    created, finished = _window(params, "CreateTime"), _window(params, "FinishTime")
    status = _status(params)
    first = bisect_left(tasks, max(created.after, visible.after), key=lambda task: task.created)
    for index in range(len(tasks) - 1, first - 1, -1):
        task = tasks[index]
        if (
            task.created <= visible.before
            and task.created in created
            and (status is None or task.status(now) is status)
            and _has_finished_in(task, now, finished, params)
            and params.get("FileId") in (None, "", _file_id(task, now))
        ):
            yield task


def _has_finished_in(task: Task, now: float, window: Window, params: Mapping[str, Any]) -> bool:
    if not params.get("FinishTime"):
        return True
    return task.status(now) is Status.FINISH and task.finish is not None and task.finish in window


def _ordered(tasks: Iterable[Task], params: Mapping[str, Any]) -> Iterator[tuple[_Key, Task]]:
    """Yield the tasks (newest first) in the order asked for, each with its place."""
    sort = params.get("Sort") or {}
    field, order = sort.get("Field") or "CreateTime", sort.get("Order") or "Desc"
    if field not in ("CreateTime", "FinishTime") or order not in ("Asc", "Desc"):
        raise Refusal("InvalidParameterValue", "Sort must be by CreateTime or FinishTime, Asc or Desc.")
    sign = 1 if order == "Asc" else -1
    key = _by_creation(sign) if field == "CreateTime" else _by_finish(sign)
    pairs = ((key(task), task) for task in tasks)
    yield from pairs if (field, order) == ("CreateTime", "Desc") else sorted(pairs, key=lambda pair: pair[0])


def _by_creation(sign: int) -> Callable[[Task], _Key]:
    return lambda task: (0, sign * task.ordinal)


def _by_finish(sign: int) -> Callable[[Task], _Key]:
    return lambda task: (sign * round((task.finish or 0.0) * 1000), sign * task.ordinal)


def _from_token(params: Mapping[str, Any], pairs: Iterator[tuple[_Key, Task]]) -> Iterator[tuple[_Key, Task]]:
    if not (token := params.get("ScrollToken")):
        return pairs
    try:
        first, second = base64.urlsafe_b64decode(token).decode().split(",")
        last = (int(first), int(second))
    except (ValueError, binascii.Error):
        raise Refusal("InvalidParameterValue", "ScrollToken is not valid.") from None
    return (pair for pair in pairs if pair[0] > last)


def _token(key: _Key) -> str:
    return base64.urlsafe_b64encode(f"{key[0]},{key[1]}".encode()).decode()


def _limit(params: Mapping[str, Any]) -> int:
    limit = 10 if params.get("Limit") is None else int(params["Limit"])
    if not 1 <= limit <= 100:
        raise Refusal("InvalidParameterValue", "Limit must lie between 1 and 100.")
    return limit


def _status(params: Mapping[str, Any]) -> Status | None:
    wanted = params.get("Status")
    if wanted and wanted not in ("WAITING", "PROCESSING", "FINISH"):
        raise Refusal("InvalidParameterValue.Status", "Status must be WAITING, PROCESSING or FINISH.")
    return Status(wanted) if wanted else None


def _window(params: Mapping[str, Any], name: str) -> Window:
    bounds = params.get(name) or {}
    try:
        moments = {end.lower(): _moment(bounds[end]) for end in ("After", "Before") if bounds.get(end)}
    except ValueError:
        raise Refusal("InvalidParameterValue", f"{name} must hold ISO 8601 dates.") from None
    return Window(**moments)


def _moment(text: str) -> float:
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _file_id(task: Task, now: float) -> str:
    permanent = task.output_config.get("StorageMode") == "Permanent"
    return file_id(task) if permanent and task.outcome(now) == "succeeded" else ""


def _row(task: Task, now: float) -> dict[str, Any]:
    return {
        "TaskId": task.task_id,
        "Status": str(task.status(now)),
        "FileId": _file_id(task, now),
        "TaskType": "AigcVideoTask",
        "CreateTime": iso(task.created),
        "BeginProcessTime": iso(task.begun, ZERO_TIME),
        "FinishTime": iso(task.finish if task.is_over(now) else None, ZERO_TIME),
        "SessionId": task.session_id,
        "SessionContext": task.session_context,
    }
