"""What the vendor's answers say, and when they say nothing."""

from __future__ import annotations

import json

import pytest

from aigcq.errors import (
    VendorError,
    VendorFailed,
    VendorNoVideo,
    VendorRejected,
    VendorThrottled,
    VendorUnavailable,
    VendorUnknown,
)
from aigcq.vendors.base import Job, JobStatus, Page
from aigcq.vendors.vod_action import ABORT, CREATE, DESCRIBE, LIST, PULL
from tests.unit.vod_answers import (
    FILE_URL,
    TASK_ID,
    answer,
    described,
    error_of,
    finished,
    unreadable,
)

SPOILT = [
    b"",
    b"<html>502</html>",
    b'{"Response":{"TaskId":"15000',
    b"null",
    b"[]",
    b'"text"',
    b"{}",
    b'{"Response": null}',
    b'{"Response": []}',
    b'{"Response": {"Error": "no"}}',
    b'{"Response": {"Error": {}}}',
    b'{"Response": {"Error": {"Code": ""}}}',
    b'{"Response": {"Error": {"Code": ["x"]}}}',
    b"\xff\xfe\xff",
    b"[" * 100_000,
]


@pytest.mark.parametrize("body", SPOILT, ids=lambda body: repr(body[:30]))
def test_a_spoilt_answer_leaves_a_submission_unknown_and_a_look_unavailable(body: bytes) -> None:
    assert type(error_of(CREATE, 200, body)) is VendorUnknown
    assert {type(error_of(action, 200, body)) for action in (DESCRIBE, LIST, ABORT)} == {VendorUnavailable}


@pytest.mark.parametrize("status", [201, 204, 302, 403, 429, 500, 502, 503, 504])
def test_only_http_200_is_an_answer(status: int) -> None:
    body = json.dumps({"Response": {"TaskId": TASK_ID}}).encode()

    assert type(error_of(CREATE, status, body)) is VendorUnknown
    assert type(error_of(DESCRIBE, status, body)) is VendorUnavailable


@pytest.mark.parametrize("task_id", [None, "", [], {}, True])
def test_a_submission_without_a_task_id_is_unknown(task_id: object) -> None:
    error = unreadable(CREATE, {"TaskId": task_id, "RequestId": "r-9"})

    assert type(error) is VendorUnknown
    assert error.request_id == "r-9"


def test_a_task_id_is_returned() -> None:
    assert answer(CREATE, {"TaskId": TASK_ID, "Error": None, "RequestId": "r"}) == TASK_ID


@pytest.mark.parametrize(
    ("outer", "inner", "status"),
    [
        ("WAITING", None, JobStatus.WAITING),
        ("WAITING", "PROCESSING", JobStatus.WAITING),
        ("PROCESSING", None, JobStatus.RUNNING),
        ("PROCESSING", "PROCESSING", JobStatus.RUNNING),
        ("PROCESSING", "FINISH", JobStatus.RUNNING),
        ("FINISH", "PROCESSING", JobStatus.RUNNING),
        ("FINISH", "FINISH", JobStatus.SUCCEEDED),
        ("FINISH", "", JobStatus.SUCCEEDED),
        (None, "FINISH", JobStatus.SUCCEEDED),
        ("ABORTED", None, JobStatus.ABORTED),
        ("ABORTED", "FINISH", JobStatus.ABORTED),
    ],
)
def test_a_task_is_over_when_both_statuses_say_so(outer: str | None, inner: str | None, status: JobStatus) -> None:
    job = described(finished(Status=inner) | {"Status": outer})

    assert job.status is status
    assert (job.status is JobStatus.SUCCEEDED) == bool(job.video)
    assert job.error is None


@pytest.mark.parametrize(("outer", "status"), [("WAITING", JobStatus.WAITING), ("PROCESSING", JobStatus.RUNNING)])
def test_a_task_that_has_not_begun_may_be_null(outer: str, status: JobStatus) -> None:
    assert described({"Status": outer, "AigcVideoTask": None}) == Job(status=status)


@pytest.mark.parametrize(
    "response",
    [
        {},
        {"Status": ""},
        {"Status": "DONE", "AigcVideoTask": None},  # a word of MPS, a sister product
        {"Status": ["FINISH"]},
        {"Status": "FINISH", "AigcVideoTask": None},
        {"Status": "FINISH", "AigcVideoTask": []},
        finished(Status="FAIL"),
        finished(ErrCode=None),
        finished(ErrCode="many"),
        finished(ErrCode=True),
        finished(ErrCodeExt={}),
        finished(Output=[]),
        finished(Output={"FileInfos": {}}),
        finished(Output={"FileInfos": ["x"]}),
        finished(Output={"FileInfos": [{"FileUrl": {}}]}),
        finished(Output={"FileInfos": [{"FileUrl": 5}]}),
        finished(Output={"FileInfos": [{"FileUrl": "javascript:alert(1)"}]}),
    ],
)
def test_a_task_of_unknown_shape_is_looked_at_again(response: object) -> None:
    assert type(unreadable(DESCRIBE, response)) is VendorUnavailable


@pytest.mark.parametrize(
    ("said", "percent"), [(0, 0), (42, 42), ("42", 42), (100, 100), (-3, 0), (101, 100), (None, 0), ("x", 0), ([], 0)]
)
def test_progress_is_a_percentage_whatever_is_said(said: object, percent: int) -> None:
    response = finished(Status="PROCESSING", Progress=said)

    assert described(response).progress == percent


def test_a_finished_video() -> None:
    job = described(finished())

    assert job == Job(
        status=JobStatus.SUCCEEDED,
        progress=100,
        video={
            "video_url": FILE_URL,
            "expires_at": "2026-08-12T03:22:22Z",
            "size": 2301269,
            "width": 1280,
            "height": 720,
            "duration": 5.042,
            "fps": 24,
            "container": "mov,mp4,m4a,3gp,3g2,mj2",
            "storage_mode": "Temporary",
        },
        finished_at=1785900139.0,
        created_at=1785900078.0,
    )


@pytest.mark.parametrize("code", [0, "0"])
@pytest.mark.parametrize("narrow", ["", "0", None, 0])
def test_success_has_no_code(code: object, narrow: object) -> None:
    assert described(finished(ErrCode=code, ErrCodeExt=narrow)).status is JobStatus.SUCCEEDED


def test_what_is_merely_told_on_may_be_odd() -> None:
    odd = {"FileUrl": FILE_URL, "ExpireTime": "0000-00-00T00:00:00Z", "FileId": 7, "MetaData": ["?"], "UsageType": None}
    sizes = {"FileUrl": FILE_URL, "MetaData": {"Size": "17", "Width": "wide", "Height": 1e999, "VideoStreamSet": [5]}}

    assert described(finished(Output={"FileInfos": [odd]})).video == {"video_url": FILE_URL}
    assert described(finished(Output={"FileInfos": [sizes]})).video == {"video_url": FILE_URL, "size": 17}


def test_the_video_is_the_file_without_a_usage() -> None:
    frame = {"FileUrl": "http://x/last.png", "UsageType": "last_frame_url"}
    video = {"FileUrl": FILE_URL, "UsageType": "", "FileId": "528", "StorageMode": "Permanent"}
    output = {"FileInfos": [frame, video, {"FileUrl": ""}], "Usage": {"OutputSeconds": 6}}

    assert described(finished(Output=output)).video == {
        "video_url": FILE_URL,
        "file_id": "528",
        "storage_mode": "Permanent",
        "output_seconds": 6,
        "files": [{"usage": "last_frame_url", "url": "http://x/last.png"}],
    }


@pytest.mark.parametrize(
    "output", [None, {}, {"FileInfos": None}, {"FileInfos": []}, {"FileInfos": [{}]}, {"FileInfos": [{"FileUrl": ""}]}]
)
def test_no_file_is_no_success_and_no_failure_that_another_attempt_may_follow(output: object) -> None:
    job = described(finished(Output=output, Message="SUCCESS"))

    assert (job.status, job.video) == (JobStatus.FAILED, {})
    assert type(job.error) is VendorNoVideo
    assert not job.error.retryable
    assert "without a file" in str(job.error)


@pytest.mark.parametrize("output", [None, {"FileInfos": []}, {"FileInfos": [{"FileUrl": FILE_URL}]}])
@pytest.mark.parametrize(
    ("err_code", "narrow", "kind"),
    [
        (70000, "RequestLimitExceeded", VendorThrottled),
        (70000, "RequestLimitExceeded.Concurrency", VendorThrottled),
        (70000, "FailedOperation", VendorThrottled),
        (70000, "ResourceInsufficient", VendorThrottled),
        (70000, "InvalidParameter", VendorRejected),
        (70000, "InvalidParameter.VoilationContent", VendorRejected),
        (70000, "InvalidParameter.ViolationContent", VendorRejected),
        (70000, "InvalidParameter.MediaFormat", VendorRejected),
        (70000, "InvalidParameterValue", VendorRejected),
        (70000, "ContentModerationFailed", VendorRejected),
        (70000, "InternalError", VendorFailed),
        (70000, "ModelGenerateFailed", VendorFailed),
        (70000, "TaskTimeout", VendorFailed),
        (70000, "OperationCanceled", VendorFailed),
        (70000, "ResourceNotFound", VendorFailed),
        (70000, "NeverSeen.Before", VendorFailed),
        (0, "InternalError", VendorFailed),
        ("70000", "", VendorFailed),
        (60000, "", VendorFailed),
        (40000, "0", VendorRejected),
    ],
)
def test_a_failed_task(err_code: object, narrow: str, kind: type[VendorError], output: object) -> None:
    job = described(finished(ErrCode=err_code, ErrCodeExt=narrow, Message="why", Output=output))

    assert (job.status, job.video) == (JobStatus.FAILED, {})
    assert job.error is not None
    assert type(job.error) is kind
    assert job.error.vendor_code == (narrow if narrow not in ("", "0") else str(err_code))
    assert (str(job.error), job.error.request_id) == ("why", "a0e5423f")


@pytest.mark.parametrize("moment", ["", None, "0000-00-00T00:00:00Z", "0001-01-01T00:00:00Z", 5, "soon"])
def test_a_moment_that_has_not_come(moment: object) -> None:
    assert described(finished() | {"FinishTime": moment}).finished_at is None


def test_a_page_maps_session_ids_to_task_ids() -> None:
    rows = [{"TaskId": "t-1", "SessionId": "s-1"}, {"TaskId": "t-2", "SessionId": ""}, {"TaskId": "t-3"}]

    page = answer(LIST, {"TaskSet": rows, "ScrollToken": "next"})

    assert page == Page(task_ids={"s-1": "t-1", "": "t-3"}, next_token="next")


def test_a_page_may_be_empty() -> None:
    assert answer(LIST, {"TaskSet": None}) == answer(LIST, {"TaskSet": [], "ScrollToken": ""}) == Page()


@pytest.mark.parametrize(
    "response",
    [{}, {"TaskSet": {}}, {"TaskSet": ["x"]}, {"TaskSet": [{"SessionId": "s"}]}, {"TaskSet": [], "ScrollToken": []}],
)
def test_a_page_of_unknown_shape_does_not_say_that_a_task_is_not_there(response: object) -> None:
    assert type(unreadable(LIST, response)) is VendorUnavailable


def test_events_of_other_kinds_are_passed_over() -> None:
    ours = {"EventHandle": "h-1", "EventType": "AigcVideoTaskComplete", "AigcVideoCompleteEvent": {"TaskId": "t-1"}}

    assert answer(PULL, {"EventSet": [{"EventHandle": "h-2", "EventType": "NewFileUpload"}, ours]}) == {"h-1": "t-1"}


def test_there_may_be_no_events() -> None:
    assert answer(PULL, {"EventSet": None}) == {}


def test_a_page_tells_the_ends_of_what_has_finished() -> None:
    rows = [
        {"TaskId": "a", "FinishTime": "2026-08-05T03:22:19Z"},
        {"TaskId": "b", "FinishTime": "0001-01-01T00:00:00Z"},
    ]

    page = answer(LIST, {"TaskSet": rows})

    assert page.ends == {"a": 1785900139.0}
