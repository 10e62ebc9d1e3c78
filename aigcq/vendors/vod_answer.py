"""What the vendor's answers say. Pure: JSON in; values, or Unreadable, out.

What decides about money (statuses, codes, ids, the URL) must have the shape we know: else the answer
is unreadable, which never fails a task. What is only told on (sizes, durations) is left out if it is odd.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from aigcq.errors import VendorError, VendorNoVideo
from aigcq.vendors.base import Job, JobStatus, Page
from aigcq.vendors.vod_codes import TASK_CODES, narrowest

JSON = Mapping[str, Any]

MESSAGE_MAX_CHARS: Final = 500
CODE_MAX_CHARS: Final = 100

_STATUSES: Final = {
    "ABORTED": JobStatus.ABORTED,
    "WAITING": JobStatus.WAITING,
    "PROCESSING": JobStatus.RUNNING,
    "FINISH": None,
}
"""In order of what is believed if the task's two statuses differ; FINISH does not say how it ended."""

_ENDED: Final = "AigcVideoCompleteEvent"
_EXACT_MAX: Final = 2**53
"""Beyond it a JSON number is not exact everywhere; nothing that we read comes near."""


class Unreadable(Exception):
    """The answer does not have the shape that it must have; the message says where."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """The vendor's error envelope."""

    code: str
    message: str


def response_of(body: bytes, hide: Callable[[str], str] = str) -> JSON:
    """Return the member Response of an answer, whatever its content type claims.

    `hide` is for all that it says in words: the vendor may repeat what it was sent, and what is cut later
    may be cut in the middle of a secret. A URL stays whole, or it would lead nowhere.
    """

    def hidden(members: dict[str, Any]) -> dict[str, Any]:
        return {
            name: hide(value) if isinstance(value, str) and not name.endswith("Url") else value
            for name, value in members.items()
        }

    try:
        document = json.loads(body, object_hook=hidden)
    except (ValueError, RecursionError):
        raise Unreadable("it is not JSON") from None
    return _object(_object(document, "it").get("Response"), "Response")


def request_id(response: JSON) -> str:
    """Return the id by which the vendor's support finds the call."""
    return _loose_text(response.get("RequestId"))[:CODE_MAX_CHARS]


def refusal_of(response: JSON) -> Refusal | None:
    """Return the error in a Response, if it is one."""
    if (error := response.get("Error")) is None:
        return None
    code = _code(_object(error, "Error").get("Code"), "Error.Code")
    if not code:
        raise Unreadable("Error.Code is missing")
    return Refusal(code, _message(error) or code)


def task_id(source: JSON) -> str:
    """Read CreateAigcVideoTask, or a row of DescribeTasks."""
    if found := _text(source.get("TaskId"), "TaskId"):
        return found
    raise Unreadable("TaskId is missing")


def page(response: JSON) -> Page:
    """Read DescribeTasks."""
    rows = _rows(response, "TaskSet")
    moments = {task_id(row): _moment(row.get("FinishTime")) for row in rows}
    return Page(
        task_ids={_text(row.get("SessionId"), "SessionId"): task_id(row) for row in rows},
        ends={found: moment for found, moment in moments.items() if moment is not None},
        next_token=_text(response.get("ScrollToken"), "ScrollToken"),
    )


def ends(response: JSON) -> Mapping[str, str]:
    """Read PullEvents: the vendor task ids of videos that have ended, by the handles of their events."""
    return {
        _text(row.get("EventHandle"), "EventHandle"): task_id(_object(row.get(_ENDED), _ENDED))
        for row in _rows(response, "EventSet")
        if row.get("EventType") == "AigcVideoTaskComplete"
    }


def _rows(response: JSON, name: str) -> list[dict[str, Any]]:
    if name not in response:
        raise Unreadable(f"{name} is missing")
    return [_object(row, name) for row in _list(response[name], name)]


def nothing(response: JSON) -> None:
    """Read an answer that says no more than yes."""


def job(response: JSON) -> Job:
    """Read DescribeTaskDetail."""
    inner = response.get("AigcVideoTask")
    task: JSON = {} if inner is None else _object(inner, "AigcVideoTask")
    if status := _status(response, task):
        return Job(status=status, progress=_progress(task), finished_at=_moment(response.get("FinishTime")))
    return _finished(response, task)


def _status(response: JSON, task: JSON) -> JobStatus | None:
    """Return where the task stands; None if it has finished, which only both statuses together say."""
    said = {_text(source.get("Status"), "Status") for source in (response, task)} - {""}
    if not said or not said <= _STATUSES.keys():
        raise Unreadable(f"Status is {' and '.join(sorted(said)) or 'missing'}")
    return next(status for word, status in _STATUSES.items() if word in said)


def _finished(response: JSON, task: JSON) -> Job:
    if not task:
        raise Unreadable("AigcVideoTask is missing")
    code = _failure_code(task)
    video = {} if code else _video(task)
    return Job(
        status=JobStatus.SUCCEEDED if video else JobStatus.FAILED,
        progress=_progress(task),
        error=None if video else _failure(task, code, request_id(response)),
        video=video,
        finished_at=_moment(response.get("FinishTime")),
        created_at=_moment(response.get("CreateTime")),
    )


def _failure(task: JSON, code: str, request: str) -> VendorError:
    if not code:
        return VendorNoVideo("The vendor task finished without an error and without a file.", request_id=request)
    return narrowest(TASK_CODES, code)(_message(task) or code, vendor_code=code, request_id=request)


def _failure_code(task: JSON) -> str:
    """Return why it failed, ErrCodeExt before the coarse ErrCode; "" if it did not."""
    coarse = _number(task.get("ErrCode"))
    if coarse is None:
        raise Unreadable("ErrCode is no number")
    narrow = _code(task.get("ErrCodeExt"), "ErrCodeExt")
    if narrow not in ("", "0"):
        return narrow
    return str(coarse) if coarse else ""


def _video(task: JSON) -> dict[str, object]:
    """Return what is known of the video; empty if there is none."""
    output = task.get("Output")
    files = list(_files({} if output is None else _object(output, "Output")))
    if not files:
        return {}
    # The other files of a task have a UsageType, the video has none.
    video = next((file for file in files if not file.get("UsageType")), files[0])
    others = [
        {"usage": _loose_text(file.get("UsageType")), "url": file["FileUrl"]} for file in files if file is not video
    ]
    facts = _facts(video) | {"output_seconds": _positive(_soft(_soft(output).get("Usage")).get("OutputSeconds"))}
    return {name: value for name, value in (facts | {"files": others}).items() if value not in (None, "", [])}


def _files(output: JSON) -> Iterator[dict[str, Any]]:
    for info in _list(output.get("FileInfos"), "FileInfos"):
        file = _object(info, "FileInfos")
        if url := _text(file.get("FileUrl"), "FileUrl"):
            if not url.startswith(("http://", "https://")):
                raise Unreadable("FileUrl is no URL")
            yield {**file, "FileUrl": url}


def _facts(file: JSON) -> dict[str, object]:
    meta = _soft(file.get("MetaData"))
    streams = meta.get("VideoStreamSet")
    stream = _soft(streams[0]) if isinstance(streams, list) and streams else {}
    return {
        "video_url": file["FileUrl"],
        "expires_at": _date(file.get("ExpireTime")),
        "size": _positive(meta.get("Size")),
        "width": _positive(meta.get("Width")),
        "height": _positive(meta.get("Height")),
        "duration": _positive(meta.get("Duration")),
        "fps": _positive(stream.get("Fps")),
        "container": _loose_text(meta.get("Container")),
        "md5": _loose_text(meta.get("Md5")),
        "file_id": _loose_text(file.get("FileId")),
        "storage_mode": _loose_text(file.get("StorageMode")),
    }


def _progress(task: JSON) -> int:
    return int(min(100, max(0, _number(task.get("Progress")) or 0)))


def _date(value: object) -> str:
    """Return an ISO 8601 moment as it came; "" for the vendor's spellings of "none"."""
    return "" if _moment(value) is None else str(value)


def _moment(value: object) -> float | None:
    """Return an ISO 8601 moment as seconds since 1970; years 0 and 1 mean that there is none."""
    try:
        moment = datetime.fromisoformat(_loose_text(value))
        seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
    return seconds if seconds > 0 else None


def _object(value: object, where: str) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    raise Unreadable(f"{where} is no object")


def _list(value: object, where: str) -> Iterable[object]:
    """Return a list; an empty one for null, which the vendor's gateway writes for it."""
    if value is None:
        return ()
    if isinstance(value, list):
        return value
    raise Unreadable(f"{where} is no list")


def _code(value: object, where: str) -> str:
    return _text(value, where)[:CODE_MAX_CHARS]


def _text(value: object, where: str) -> str:
    """Return a text; "" for null. Whole numbers are let pass: some codes look like them."""
    if value is None:
        return ""
    if isinstance(value, str):
        return _encodable(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise Unreadable(f"{where} is no text")


def _loose_text(value: object) -> str:
    return _encodable(value) if isinstance(value, str) else ""


def _encodable(text: str) -> str:
    """Return `text` without half surrogate pairs, which JSON can spell and Redis cannot hold."""
    return text.encode(errors="replace").decode()


def _message(source: JSON) -> str:
    return _loose_text(source.get("Message")).strip()[:MESSAGE_MAX_CHARS]


def _soft(value: object) -> JSON:
    return value if isinstance(value, dict) else {}


def _number(value: object) -> float | int | None:
    """Return a finite number, given as one or as text; 0 for 0.0."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= _EXACT_MAX:
        return None  # NaN, too, is not <= anything
    return int(value) if value == int(value) else value


def _positive(value: object) -> float | int | None:
    number = _number(value)
    return number if number and number > 0 else None
