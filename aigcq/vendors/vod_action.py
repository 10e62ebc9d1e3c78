"""The vendor's Actions that we use, each with the meaning of every outcome it can have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from aigcq.errors import VendorError, VendorUnavailable, VendorUnknown
from aigcq.vendors import vod_answer, vod_codes
from aigcq.vendors.base import LAST_REQUEST, Job, Page
from aigcq.vendors.vod_answer import JSON, Unreadable
from aigcq.vendors.vod_codes import Codes

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Action(Generic[T]):
    """One Action of the API."""

    name: str
    read: Callable[[JSON], T]
    codes: Codes
    silence: type[VendorError] = VendorUnavailable
    """What it means that the request was sent and no readable answer came."""

    def interpret(self, status: int, body: bytes, hide: Callable[[str], str] = str) -> T:
        """Return what an answer says; `hide` takes out of the vendor's words what nobody may read.

        Raises:
            VendorError: as `codes` and `silence` say; nothing else, whatever the answer is.
        """
        if status != 200:  # the vendor's own errors come with 200: this is some proxy's
            raise self.unanswered(f"HTTP status {status}")
        try:
            response = vod_answer.response_of(body, hide)
        except Unreadable as error:
            raise self.unanswered(str(error)) from None
        request_id = vod_answer.request_id(response)
        LAST_REQUEST.set(request_id)
        try:
            if refusal := vod_answer.refusal_of(response):
                kind = vod_codes.meaning(self.codes, refusal.code, refusal.message)
                raise kind(refusal.message, vendor_code=refusal.code, request_id=request_id)
            return self.read(response)
        except Unreadable as error:
            raise self.unanswered(str(error), request_id) from None

    def unanswered(self, why: str, request_id: str = "") -> VendorError:
        """Return the error of a request that was sent, perhaps in part, and not readably answered."""
        message = f"The vendor gave no readable answer to {self.name}: {why}."
        return self.silence(message[: vod_answer.MESSAGE_MAX_CHARS], request_id=request_id)


CREATE: Final[Action[str]] = Action(
    name="CreateAigcVideoTask",
    read=vod_answer.task_id,
    codes=vod_codes.CREATE_CODES,
    silence=VendorUnknown,
)
DESCRIBE: Final[Action[Job]] = Action(name="DescribeTaskDetail", read=vod_answer.job, codes=vod_codes.DESCRIBE_CODES)
LIST: Final[Action[Page]] = Action(name="DescribeTasks", read=vod_answer.page, codes=vod_codes.READ_CODES)
PULL: Final[Action[Mapping[str, str]]] = Action(name="PullEvents", read=vod_answer.ends, codes=vod_codes.PULL_CODES)
CONFIRM: Final[Action[None]] = Action(name="ConfirmEvents", read=vod_answer.nothing, codes=vod_codes.READ_CODES)
ABORT: Final[Action[None]] = Action(name="ManageTask", read=vod_answer.nothing, codes=vod_codes.ABORT_CODES)
