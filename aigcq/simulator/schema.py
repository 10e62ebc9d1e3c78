"""Which parameters each Action takes, as tables, and the check that reads them.

Vendor source: tencentcloud-sdk-python-vod 3.1.194, `vod/v20180717/models.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from aigcq.simulator.refusal import Refusal, missing, unknown, wrong_type

Kind = Callable[[object, str], None]
"""Raises Refusal if the value at the path is not of this kind."""


def text(value: object, path: str) -> None:
    if not isinstance(value, str):
        raise wrong_type(path)


def whole(value: object, path: str) -> None:
    if not isinstance(value, int) or isinstance(value, bool):
        raise wrong_type(path)


def unsigned(value: object, path: str) -> None:
    whole(value, path)
    if isinstance(value, int) and value < 0:
        raise wrong_type(path)


def number(value: object, path: str) -> None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise wrong_type(path)


def whole_or_digits(value: object, path: str) -> None:
    """The vendor's own example sends TasksPriority as the text "10"."""
    try:
        whole(int(value) if isinstance(value, str) else value, path)
    except ValueError:
        raise wrong_type(path) from None


def many(kind: Kind) -> Kind:
    """A list whose items are of one kind."""

    def check(value: object, path: str) -> None:
        if not isinstance(value, list):
            raise wrong_type(path)
        for index, item in enumerate(value):
            kind(item, f"{path}.{index}")

    return check


def struct(fields: Mapping[str, Kind]) -> Kind:
    """An object with these fields and no others; a null is the same as a field not sent."""

    def check(value: object, path: str) -> None:
        if not isinstance(value, dict):
            raise wrong_type(path)
        for name, member in value.items():
            where = f"{path}.{name}" if path else name
            if name not in fields:
                raise unknown(where)
            if member is not None:
                fields[name](member, where)

    return check


_FILE_INFO: Final = dict.fromkeys(
    (
        "Type", "Category", "FileId", "Url", "Base64", "ReferenceType",
        "ObjectId", "VoiceId", "KeepOriginalSound", "Usage", "Text",
    ),
    text,
)  # fmt: skip

_SUBJECT_INFO: Final = {
    "Id": text,
    "Name": text,
    "VoiceId": text,
    "ImageUrls": many(text),
    "VideoUrls": many(text),
}

OUTPUT_CONFIG: Final[Mapping[str, Kind]] = {
    "StorageMode": text,
    "MediaName": text,
    "ClassId": whole,
    "ExpireTime": text,
    "Duration": number,
    "Resolution": text,
    "AspectRatio": text,
    "AudioGeneration": text,
    "PersonGeneration": text,
    "InputComplianceCheck": text,
    "OutputComplianceCheck": text,
    "EnhanceSwitch": text,
    "OffPeak": text,
    "FrameInterpolate": text,
    "LogoAdd": text,
    "EnableBGM": text,
}

_CREATE: Final[Mapping[str, Kind]] = {
    "SubAppId": unsigned,
    "ModelName": text,
    "ModelVersion": text,
    "FileInfos": many(struct(_FILE_INFO)),
    "SubjectInfos": many(struct(_SUBJECT_INFO)),
    "LastFrameFileId": text,
    "LastFrameUrl": text,
    "Prompt": text,
    "NegativePrompt": text,
    "EnhancePrompt": text,
    "OutputConfig": struct(OUTPUT_CONFIG),
    "InputRegion": text,
    "SceneType": text,
    "Procedure": text,
    "Seed": whole,
    "SessionId": text,
    "SessionContext": text,
    "TasksPriority": whole_or_digits,
    "ExtInfo": text,
}

_TIME_RANGE: Final = struct({"After": text, "Before": text})

_LIST: Final[Mapping[str, Kind]] = {
    "SubAppId": unsigned,
    "Status": text,
    "FileId": text,
    "CreateTime": _TIME_RANGE,
    "FinishTime": _TIME_RANGE,
    "Sort": struct({"Field": text, "Order": text}),
    "Limit": unsigned,
    "ScrollToken": text,
}


_USAGE: Final[Mapping[str, Kind]] = {
    **dict.fromkeys(("StartTime", "EndTime", "AigcType", "APIKey", "ScrollToken", "ReqId"), text),
    "SubAppId": unsigned,
    "APIKeys": many(text),
    "PageSize": unsigned,
}


@dataclass(frozen=True, slots=True)
class Fields:
    """What one Action takes."""

    kind: Kind
    required: tuple[str, ...] = ()


ACTIONS: Final[Mapping[str, Fields]] = {
    "CreateAigcVideoTask": Fields(struct(_CREATE), ("SubAppId", "ModelName", "ModelVersion")),
    "DescribeTaskDetail": Fields(struct({"TaskId": text, "SubAppId": unsigned}), ("TaskId",)),
    "DescribeTasks": Fields(struct(_LIST)),
    "ManageTask": Fields(
        struct({"TaskId": text, "OperationType": text, "SubAppId": unsigned}), ("TaskId", "OperationType")
    ),
    "PullEvents": Fields(struct({"SubAppId": unsigned, "ExtInfo": text})),
    "ConfirmEvents": Fields(
        struct({"EventHandles": many(text), "SubAppId": unsigned, "ExtInfo": text}), ("EventHandles",)
    ),
    "DescribeAigcUsageData": Fields(struct(_USAGE), ("StartTime", "EndTime", "AigcType")),
}


def check(action: str, params: object) -> dict[str, Any]:
    """Return `params` if `action` takes them.

    Raises:
        Refusal: UnknownParameter, InvalidParameter, MissingParameter or the narrower code of a field, which names it.
    """
    fields = ACTIONS[action]
    fields.kind(params, "")
    assert isinstance(params, dict)  # else `struct` has refused it
    for name in fields.required:
        if params.get(name) is None:
            raise missing(name)
    if action == "CreateAigcVideoTask":
        _check_limits(params)
    return params


def _check_limits(params: Mapping[str, Any]) -> None:
    """Refuse what is too long or out of range; lengths in characters."""
    if len(params.get("SessionId") or "") > 50:
        raise Refusal("InvalidParameterValue.SessionIdTooLong", "SessionId is longer than 50 characters.")
    if len(params.get("SessionContext") or "") > 1000:
        raise Refusal("InvalidParameterValue.SessionContextTooLong", "SessionContext is longer than 1000 characters.")
    if not -10 <= int(params.get("TasksPriority") or 0) <= 10:
        raise Refusal("InvalidParameterValue", "TasksPriority must lie between -10 and 10.")
    if len((params.get("OutputConfig") or {}).get("MediaName") or "") > 64:
        raise Refusal("InvalidParameterValue", "OutputConfig.MediaName is longer than 64 characters.")
    if not any(params.get(name) for name in ("Prompt", "FileInfos", "SubjectInfos", "SceneType", "ExtInfo")):
        raise Refusal("InvalidParameter", "Prompt must be sent when there is no file, scene or ExtInfo.")
