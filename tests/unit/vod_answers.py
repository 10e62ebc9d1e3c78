"""Answers of Tencent VOD to test with, and how they are read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aigcq.errors import (
    VendorError,
)
from aigcq.vendors.base import Job
from aigcq.vendors.vod_action import ABORT, CREATE, DESCRIBE, LIST, Action

ACTIONS: tuple[Action[Any], ...] = (CREATE, DESCRIBE, LIST, ABORT)
LOOKS: tuple[Action[Any], ...] = (DESCRIBE, LIST)
TASK_ID = "1500000001-AigcVideoTask-0123456789abcdef0123456789abcdeft"
FILE_URL = "http://store.vod-qcloud.com/dir/id/aigcVideoGenFile.mp4"


def answer(action: Action[Any], response: object) -> Any:
    return action.interpret(200, json.dumps({"Response": response}).encode())


def error_of(action: Action[Any], status: int, body: bytes) -> VendorError:
    with pytest.raises(VendorError) as raised:
        action.interpret(status, body)
    return raised.value


def refused(action: Action[Any], code: object, message: object = "no") -> VendorError:
    response = {"Error": {"Code": code, "Message": message}, "RequestId": "r-1"}
    return error_of(action, 200, json.dumps({"Response": response}).encode())


def unreadable(action: Action[Any], response: object) -> VendorError:
    return error_of(action, 200, json.dumps({"Response": response}).encode())


def finished(**changes: Any) -> dict[str, Any]:
    """The Response of a finished task as published; `changes` to its AigcVideoTask."""
    video = {
        "StorageMode": "Temporary",
        "MediaName": "",
        "ClassId": 0,
        "ExpireTime": "2026-08-12T03:22:22Z",
        "FileType": "",
        "FileUrl": FILE_URL,
        "FileContent": "",
        "FileId": "",
        "UsageType": "",
        "MetaData": {
            "Size": 2301269,
            "Container": "mov,mp4,m4a,3gp,3g2,mj2",
            "Bitrate": 3651358,
            "Height": 720,
            "Width": 1280,
            "Duration": 5.042,
            "Rotate": 0,
            "VideoStreamSet": [{"Bitrate": 3645913, "Height": 720, "Width": 1280, "Codec": "h264", "Fps": 24}],
            "AudioStreamSet": [],
            "Md5": "",
        },
    }
    task = {
        "TaskId": TASK_ID,
        "Status": "FINISH",
        "ErrCode": 0,
        "ErrCodeExt": "",
        "Message": "",
        "Progress": 100,
        "Input": {"ModelName": "PixVerse"},
        "Output": {"FileInfos": [video], "ProcedureTaskIds": [], "Usage": {"InputTokens": 0, "ThoughtTokens": 0}},
        "SessionId": "",
        "SessionContext": "",
    }
    return {
        "TaskType": "AigcVideoTask",
        "Status": "FINISH",
        "CreateTime": "2026-08-05T03:21:18Z",
        "BeginProcessTime": "2026-08-05T03:21:18Z",
        "FinishTime": "2026-08-05T03:22:19Z",
        "AigcVideoTask": task | changes,
        "AigcImageTask": None,
        "RequestId": "a0e5423f",
    }


def described(response: object) -> Job:
    job = answer(DESCRIBE, response)
    assert isinstance(job, Job)
    return job
