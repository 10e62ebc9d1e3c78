"""DescribeAigcUsageData: how many videos were made, and for how long they are.

Vendor source: tencentcloud-sdk-python-vod 3.1.194, DescribeAigcUsageDataRequest, AigcUsageDataItem, TaskStatDataItem.
Which tasks count is not documented: here those that have succeeded, when they finished.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any, Final

from aigcq.simulator.refusal import Refusal
from aigcq.simulator.task import Task

ZONE: Final = timezone(timedelta(hours=8))
LONGEST_SECONDS: Final = 90 * 86400
OLDEST_SECONDS: Final = 365 * 86400
TYPES: Final = frozenset({
    "Video", "Image", "Text", "Audio", "SceneAigcVideo", "SceneAigcImage", "SceneAigcTime", "TextDetail",
})  # fmt: skip


def usage(tasks: Iterable[Task], params: Mapping[str, Any], now: float) -> dict[str, Any]:
    """Return the Response, without RequestId.

    Raises:
        Refusal: InvalidParameterValue, naming the field.
    """
    start, end = _moment(params, "StartTime"), _moment(params, "EndTime")
    if end < start or end - start > LONGEST_SECONDS or start < now - OLDEST_SECONDS:
        raise Refusal("InvalidParameterValue", "EndTime must not be before StartTime, nor 90 days behind it.")
    if params["AigcType"] not in TYPES:
        raise Refusal("InvalidParameterValue", "AigcType is not valid.")
    step = 86400 if end - start > 86400 else 300
    counts: defaultdict[str, Counter[int]] = defaultdict(Counter)
    seconds: defaultdict[str, Counter[int]] = defaultdict(Counter)
    for task in tasks if params["AigcType"] == "Video" else ():
        if task.outcome(now) == "succeeded" and task.finish is not None and start <= task.finish <= end + 1:
            at = _begin(task.finish, step)
            counts[_specification(task)][at] += 1
            seconds[_specification(task)][at] += round(task.billed_seconds(now))
    rows = {
        name: [_row(at, by_time[at], seconds[name][at]) for at in sorted(by_time)] for name, by_time in counts.items()
    }
    return {
        "AigcUsageDataSet": [{"Specification": name, "DataSet": data} for name, data in sorted(rows.items())],
        "AigcTextDetails": None,
    }


def _row(at: int, count: int, seconds: int) -> dict[str, Any]:
    return {"Time": datetime.fromtimestamp(at, ZONE).isoformat(), "Count": count, "Usage": seconds}


def _begin(moment: float, step: int) -> int:
    """Return when the step began in which a moment lies; days are those of the vendor's place."""
    offset = 8 * 3600
    return int((moment + offset) // step * step) - offset


def _specification(task: Task) -> str:
    resolution = task.output_config.get("Resolution") or task.model.resolutions[0]
    return f"{task.model.name}{task.model.version}_{resolution}"


def _moment(params: Mapping[str, Any], name: str) -> float:
    try:
        moment = datetime.fromisoformat(params[name])
    except ValueError:
        raise Refusal("InvalidParameterValue", f"{name} must be an ISO 8601 date.") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=ZONE)).timestamp()
