"""What the vendor's codes mean to us: the one place, as data.

Messages decide nothing about a task. One is looked at: which of the two limits a refused submission was over.

A code that is not listed counts as its longest listed prefix ("AuthFailure.MFAFailure" as "AuthFailure").
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

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

Codes = Mapping[str, type[VendorError]]

SIGNATURE_EXPIRED: Final = "AuthFailure.SignatureExpire"

_OTHERWISE: Final = "*"
"""Stands for the codes that are not listed."""

_PER_SECOND: Final = re.compile(r"in a second|每秒")
"""What the gateway says, in either of its languages, of more calls in one second than it allows."""

_EVERYWHERE: Final[Codes] = {
    # Key, permission, money: no request of this account can succeed.
    "AuthFailure": VendorAccount,
    "UnauthorizedOperation": VendorAccount,
    "LimitExceeded": VendorAccount,
    "IpNotInWhitelist": VendorAccount,
    "IpInBlacklist": VendorAccount,
    "FailedOperation.InvalidAccount": VendorAccount,
    "FailedOperation.InvalidVodUser": VendorAccount,
    "FailedOperation.NoPrivileges": VendorAccount,
    "FailedOperation.UserStatusInavlid": VendorAccount,  # the vendor spells it so
    "FailedOperation.UserStatusInvalid": VendorAccount,
    "ResourceNotFound.ServiceNotExist": VendorAccount,
    "ResourceNotFound.UserNotExist": VendorAccount,
    # Configuration: what is wrong is in every request alike, so to go on would burn the whole queue.
    "InvalidParameterValue.SubAppId": VendorAccount,
    "ActionOffline": VendorAccount,
    "InvalidAction": VendorAccount,
    "NoSuchProduct": VendorAccount,
    "NoSuchVersion": VendorAccount,
    "UnsupportedProtocol": VendorAccount,
    "UnsupportedRegion": VendorAccount,
    # One of our clocks is off, or the call was held up: nothing was done, and it concerns nobody else.
    SIGNATURE_EXPIRED: VendorUnavailable,
}

CREATE_CODES: Final[Codes] = {
    **_EVERYWHERE,
    "RequestLimitExceeded": VendorThrottled,
    "RequestLimitExceeded.GlobalRegionUinLimitExceeded": VendorRateLimited,
    "RequestLimitExceeded.IPLimitExceeded": VendorRateLimited,
    "RequestLimitExceeded.UinLimitExceeded": VendorRateLimited,
    "ResourceInsufficient": VendorThrottled,
    "70000": VendorThrottled,  # the task's code for "over the concurrency": one client claims to have met it here
    "InvalidParameterValue.SessionId": VendorDuplicate,
    "FailedOperation.TaskDuplicate": VendorDuplicate,  # "task duplicated": if it means that, one has been paid for
    # The gateway's words for its own trouble: the request may have been passed on, and carried out.
    "InternalError": VendorUnknown,
    "ServiceUnavailable": VendorUnknown,
    "ResponseSizeLimitExceeded": VendorUnknown,
    "InvalidParameter": VendorRejected,
    "InvalidParameterValue": VendorRejected,
    "InvalidRequest": VendorRejected,
    "MissingParameter": VendorRejected,
    "UnknownParameter": VendorRejected,
    "RequestSizeLimitExceeded": VendorRejected,
    "ResourceNotFound": VendorRejected,
    "UnsupportedOperation": VendorRejected,
    # An envelope with an error means: refused, nothing created. Whether it passes, FailedOperation,
    # ResourceUnavailable, ResourceInUse and words we do not know leave open. So a few tries, which cost
    # nothing: to give up at once could burn the queue, to try for ever could stop it for one bad request.
    _OTHERWISE: VendorFailed,
}
"""Of the error envelope of CreateAigcVideoTask."""

READ_CODES: Final[Codes] = {
    **_EVERYWHERE,
    # Also RequestLimitExceeded: too many questions say nothing about how many videos may run.
    _OTHERWISE: VendorUnavailable,
}
"""Of calls that only look: no answer to them may ever fail a task."""

DESCRIBE_CODES: Final[Codes] = {
    **READ_CODES,
    "InvalidParameterValue.TaskId": VendorTaskGone,
    "ResourceNotFound": VendorTaskGone,
}
"""Of DescribeTaskDetail."""

PULL_CODES: Final[Codes] = {**READ_CODES, "ResourceNotFound": VendorTaskGone}
"""Of PullEvents; VendorTaskGone means that there is no event."""

ABORT_CODES: Final[Codes] = {
    **READ_CODES,
    "FailedOperation": VendorRejected,
    "InvalidParameter": VendorRejected,
    "InvalidParameterValue": VendorRejected,
    "ResourceNotFound": VendorRejected,
    "UnsupportedOperation": VendorRejected,
}
"""Of ManageTask; VendorRejected means that the task goes on (or is over)."""

TASK_CODES: Final[Codes] = {
    "RequestLimitExceeded": VendorThrottled,  # over the concurrency
    "FailedOperation": VendorThrottled,  # documented as "backlog of model tasks"
    "ResourceInsufficient": VendorThrottled,
    "InvalidParameter": VendorRejected,  # with .VoilationContent [sic] and .ViolationContent
    "InvalidParameterValue": VendorRejected,
    "MissingParameter": VendorRejected,
    "UnknownParameter": VendorRejected,
    "ContentModerationFailed": VendorRejected,
    "VoilationContent": VendorRejected,
    "ViolationContent": VendorRejected,
    "40000": VendorRejected,  # ErrCode "bad parameter", if there is no ErrCodeExt
    _OTHERWISE: VendorFailed,
}
"""Of a task that was accepted and ended: ErrCodeExt, or ErrCode if that is empty."""


def narrowest(codes: Codes, code: str) -> type[VendorError]:
    """Return what `code` means by `codes`."""
    while code and code not in codes:
        code = code.rpartition(".")[0]
    return codes[code or _OTHERWISE]


def meaning(codes: Codes, code: str, message: str) -> type[VendorError]:
    """Return what a refusal means: the code says it, and of too much at once the message says of what."""
    kind = narrowest(codes, code)
    return VendorRateLimited if kind is VendorThrottled and _PER_SECOND.search(message) else kind
