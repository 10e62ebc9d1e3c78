"""The vendor's answers that are no success, translated once, in its adapter."""

from __future__ import annotations

from typing import ClassVar

from aigcq.errors.ours import AigcqError


class VendorError(AigcqError):
    """The vendor's answer, or the lack of one."""

    code = "vendor_error"
    status = 502
    retryable: ClassVar[bool] = False
    """Whether the worker tries again by itself."""
    billed: ClassVar[str] = "no"
    """Whether the vendor charged for it: `no`, `unknown` (failed tasks: not proven to be free)."""
    advice = "See the vendor's message."

    def __init__(self, message: str, *, vendor_code: str = "", request_id: str = "") -> None:
        super().__init__(message)
        self.vendor_code = vendor_code
        self.request_id = request_id

    def public(self) -> dict[str, str]:
        return super().public() | {
            "billed": self.billed,
            "vendor_code": self.vendor_code,
            "request_id": self.request_id,
        }


class VendorThrottled(VendorError):
    """The account runs as many videos as it may; the threshold is lowered and the task goes back."""

    code = "vendor_throttled"
    status = 429
    retryable = True
    advice = "Nothing to do: the task keeps its place and runs later. Ask the vendor for more concurrency if it lasts."


class VendorRateLimited(VendorThrottled):
    """Too many calls came in one second, which says nothing of how many videos may run; nothing was created."""


class VendorUnavailable(VendorError):
    """The vendor certainly did nothing, and may work later."""

    code = "vendor_unavailable"
    retryable = True
    advice = "Nothing to do: it is tried again. Check the network to the vendor if it lasts."


class VendorUnknown(VendorError):
    """Timeout, reset, 5xx, unreadable answer: the vendor may or may not have accepted the request."""

    code = "submission_unknown"
    retryable = True
    billed = "unknown"
    advice = (
        "Look the SessionId up in the vendor's console before running the task again: it may have been carried out. "
        "Then requeue it with --force."
    )


class VendorDuplicate(VendorError):
    """The vendor already has a request with this SessionId, and does not say which task it became."""

    code = "vendor_duplicate"
    retryable = True
    billed = "unknown"


class VendorFailed(VendorError):
    """The vendor accepted the task and it ended badly, for a reason that another attempt may not meet."""

    code = "vendor_failed"
    retryable = True
    billed = "unknown"
    advice = "The attempts are used up. Check the request against the model's limits, then create it again."


class VendorNoVideo(VendorError):
    """The vendor task ended without an error and without a file: not a failure that another attempt may follow."""

    code = "no_video"
    billed = "unknown"
    advice = "Look for the video in the vendor's console before making it again: it may have been charged."


class VendorRejected(VendorError):
    """The vendor will never carry this request out."""

    code = "vendor_rejected"
    status = 422
    billed = "unknown"
    advice = "Change the prompt, the files or the parameters as the vendor's message says, then create it again."


class PictureGone(VendorRejected):
    """The picture that came with the request was kept for AIGCQ_UPLOAD_SECONDS only; the vendor was not asked."""

    code = "picture_gone"
    billed = "no"
    advice = "Create the task again with the picture, or with its URL, which does not expire here."

    def __init__(self) -> None:
        super().__init__("The picture that was sent with the request waited too long and is gone.")


class VendorTaskGone(VendorError):
    """The vendor no longer knows the vendor task, or will not before it ends: it forgets them after three days."""

    code = "expired"
    billed = "unknown"
    advice = "Look for the video in the vendor's console; requeue the task with --force to make it anew."


class VendorAborted(VendorError):
    """Somebody ended the vendor task at the vendor; nobody asked us to."""

    code = "vendor_aborted"
    billed = "unknown"
    advice = "Ask who ended it in the vendor's console, then create the task again."


class VendorAccount(VendorError):
    """Credentials, permissions or quota: no task of this account can run, so the queue is paused."""

    code = "vendor_account"
    status = 503
    retryable = True
    advice = "Correct the vendor account (key, permission, quota); the queue resumes by itself."
