"""What the vendor's codes mean."""

from __future__ import annotations

from typing import Any

import pytest

from aigcq.errors import (
    VendorAccount,
    VendorDuplicate,
    VendorError,
    VendorFailed,
    VendorRateLimited,
    VendorRejected,
    VendorTaskGone,
    VendorThrottled,
    VendorUnavailable,
    VendorUnknown,
)
from aigcq.vendors.vod_action import ABORT, CREATE, DESCRIBE, Action
from tests.unit.vod_answers import (
    ACTIONS,
    LOOKS,
    described,
    finished,
    refused,
)

ACCOUNT_CODES = [
    "AuthFailure",
    "AuthFailure.InvalidAuthorization",
    "AuthFailure.InvalidSecretId",
    "AuthFailure.MFAFailure",
    "AuthFailure.SecretIdNotFound",
    "AuthFailure.SignatureFailure",
    "AuthFailure.TokenFailure",
    "AuthFailure.UnauthorizedOperation",
    "UnauthorizedOperation",
    "UnauthorizedOperation.CamNoAuth",
    "LimitExceeded.Quota",
    "InvalidParameterValue.SubAppId",
    "FailedOperation.InvalidVodUser",
    "FailedOperation.InvalidAccount",
    "FailedOperation.UserStatusInavlid",
    "FailedOperation.NoPrivileges",
    "ResourceNotFound.ServiceNotExist",
    "IpNotInWhitelist",
    "IpInBlacklist",
    "InvalidAction",
    "NoSuchVersion",
    "UnsupportedRegion",
]


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)
@pytest.mark.parametrize("code", ACCOUNT_CODES)
def test_what_stops_every_request_of_the_account_pauses_the_queue(action: Action[Any], code: str) -> None:
    assert type(refused(action, code)) is VendorAccount


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)
def test_a_clock_that_is_off_pauses_nobody(action: Action[Any]) -> None:
    assert type(refused(action, "AuthFailure.SignatureExpire")) is VendorUnavailable


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("RequestLimitExceeded", VendorThrottled),
        ("RequestLimitExceeded.UinLimitExceeded", VendorRateLimited),
        ("RequestLimitExceeded.Concurrency", VendorThrottled),
        ("ResourceInsufficient", VendorThrottled),
        ("70000", VendorThrottled),
        (70000, VendorThrottled),
        ("InvalidParameterValue.SessionId", VendorDuplicate),
        ("FailedOperation.TaskDuplicate", VendorDuplicate),
        ("InternalError", VendorUnknown),
        ("InternalError.Database", VendorUnknown),
        ("ServiceUnavailable", VendorUnknown),
        ("ResponseSizeLimitExceeded", VendorUnknown),
        ("InvalidParameter", VendorRejected),
        ("InvalidParameter.ViolationContent", VendorRejected),
        ("InvalidParameterValue", VendorRejected),
        ("InvalidParameterValue.FileId", VendorRejected),
        ("InvalidParameterValue.SessionIdTooLong", VendorRejected),
        ("InvalidRequest", VendorRejected),
        ("MissingParameter", VendorRejected),
        ("UnknownParameter", VendorRejected),
        ("RequestSizeLimitExceeded", VendorRejected),
        ("ResourceNotFound.TemplateNotExist", VendorRejected),
        ("FailedOperation", VendorFailed),
        ("ResourceUnavailable", VendorFailed),
        ("ResourceInUse", VendorFailed),
        ("NeverSeen.Before", VendorFailed),
        ("requestlimitexceeded", VendorFailed),
        ("*", VendorFailed),
        ("..", VendorFailed),
    ],
)
def test_a_refused_submission(code: object, kind: type[VendorError]) -> None:
    error = refused(CREATE, code)

    assert type(error) is kind
    assert (error.vendor_code, error.request_id, str(error)) == (str(code), "r-1", "no")


def test_messages_are_never_matched() -> None:
    message = "70000 RequestLimitExceeded: task reached the maximum concurrency"

    assert type(refused(CREATE, "InvalidParameter", message)) is VendorRejected
    failure = described(finished(ErrCode=70000, ErrCodeExt="InternalError", Message=message)).error
    assert type(failure) is VendorFailed


@pytest.mark.parametrize("action", LOOKS, ids=lambda action: action.name)
@pytest.mark.parametrize(
    "code",
    [
        *("RequestLimitExceeded", "InternalError", "ServiceUnavailable", "FailedOperation", "InvalidParameter"),
        *("InvalidParameterValue", "InvalidParameterValue.SessionId", "ResourceInsufficient", "70000", "NeverSeen"),
    ],
)
def test_no_answer_to_a_look_says_anything_about_the_task(action: Action[Any], code: str) -> None:
    assert type(refused(action, code)) is VendorUnavailable


@pytest.mark.parametrize("code", ["InvalidParameterValue.TaskId", "ResourceNotFound"])
def test_an_unknown_task_is_gone(code: str) -> None:
    assert type(refused(DESCRIBE, code)) is VendorTaskGone


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("FailedOperation", VendorRejected),
        ("InvalidParameterValue.TaskId", VendorRejected),
        ("InvalidParameterValue.InvalidOperationType", VendorRejected),
        ("ResourceNotFound", VendorRejected),
        ("InternalError", VendorUnavailable),
        ("RequestLimitExceeded", VendorUnavailable),
        ("NeverSeen", VendorUnavailable),
    ],
)
def test_a_refused_abort(code: str, kind: type[VendorError]) -> None:
    assert type(refused(ABORT, code)) is kind


def test_a_message_is_trimmed_and_can_be_stored() -> None:
    error = refused(CREATE, "InvalidParameter", "x" * 501)
    half_a_pair = refused(CREATE, "InvalidParameter", "bad \ud800 prompt")

    assert str(error) == "x" * 500
    assert str(half_a_pair).encode() == b"bad ? prompt"


@pytest.mark.parametrize("message", [None, "", 5, ["x"]])
def test_an_error_without_a_message_is_named_by_its_code(message: object) -> None:
    assert str(refused(CREATE, "InvalidParameter", message)) == "InvalidParameter"
