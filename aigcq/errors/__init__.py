"""Everything that can go wrong, as one tree.

AigcqError
├── InvalidRequest         the body asks for what no model can do: nothing was enqueued
├── IdempotencyConflict    the key was used before for another body
├── BudgetExceeded         a budget has less left than the task may cost
├── MaxCostExceeded        the task may cost more than its client wants to pay
├── PriceUnknown           it must not cost too much, and nobody knows what it costs
├── QueueFull              backpressure: the backlog is at its limit
├── TenantBacklogFull      as many tasks of this tenant as it may have are unfinished
├── PositionTooFar         it would have stood further back than its client allows
├── UploadsFull            as many pictures as Redis is to hold wait for their tasks
├── TooManyListeners       no further client can be told of events by this process
├── TaskNotFound           no such task, or its record has expired
├── FileNotFound           no such file, or not any more
├── ModelNotFound          no model of this name
├── InvalidApiKey          no API key, or none that is good for anything
├── InvalidLink            a signed address that was changed, or is over
├── ScopeMissing           the key is not good for that
├── TooManyRequests        more of them than the key, or the address, may make in a minute
├── FirstKey               who has no key wants to handle keys over HTTP
├── KeyNotFound            no such API key
├── TenantNotFound         a tenant without settings of its own
├── WorkerNotFound         no such worker
├── NoSigningSecret        what webhooks are signed with is asked for over an API that is open
├── NotSupported           a route of a protocol that nothing here could answer
├── TaskOpen               what has not ended cannot be erased
├── TaskMoving             it is between two accounts just now: ask again
├── NotFailed              only what has failed can be requeued
├── NotQueued              only what has not started has a place in the order
├── MayBeMade              a new attempt could be paid for twice
├── VideoNotReady          what has not completed has no video
├── VideoGone              the video is kept no longer
├── NothingToTell          a replay of webhooks where there are none
├── DeadlineExceeded       it was not begun before its deadline
├── Poisoned               every worker that took the task has died of it
├── LeaseLost              another consumer owns the delivery now: stop, write nothing
├── StoreUnavailable       Redis does not answer: the outcome of a write is unknown
│   └── NotReplicated      written, but a failover may lose it: the outcome is unknown
├── StorageUnavailable     where videos are kept cannot be reached, is full, or refuses
├── SchemaTooNew           a newer release has written this queue: this process must stop
├── OtherAccount           vendor tasks of another account are live: this worker must not touch them
├── ConfigurationError     the settings cannot work: say which, and what to set
└── VendorError            the vendor's answer, translated once, in its adapter
    ├── VendorThrottled    too many at once: lower the threshold, try again
    │   └── VendorRateLimited  too many calls in one second: wait a moment
    ├── VendorUnavailable  nothing was done and it may work later
    ├── VendorUnknown      the request may or may not have been carried out
    ├── VendorDuplicate    this SessionId is already in: look its vendor task up
    ├── VendorFailed       the vendor task ended badly; another attempt may work
    ├── VendorNoVideo      the vendor task ended well, but without a file
    ├── VendorRejected     never will succeed: fail the task
    ├── VendorTaskGone     the vendor no longer knows this vendor task, or will not before it ends
    ├── VendorAborted      somebody ended the vendor task at the vendor
    └── VendorAccount      no task can run now: pause the queue

A class states its own consequences, so no caller needs a table: the API reads `status`,
the worker reads `retryable`, people read `code`, `advice` and `billed`.
"""

from typing import Final

from aigcq.errors.access import (
    FirstKey,
    InvalidApiKey,
    InvalidLink,
    KeyNotFound,
    OtherAccount,
    ScopeMissing,
    TenantNotFound,
    TooManyRequests,
)
from aigcq.errors.accounts import TaskMoving
from aigcq.errors.budget import BudgetExceeded, MaxCostExceeded, PriceUnknown
from aigcq.errors.operating import WorkerNotFound
from aigcq.errors.ours import (
    AigcqError,
    ConfigurationError,
    DeadlineExceeded,
    IdempotencyConflict,
    InvalidRequest,
    LeaseLost,
    MayBeMade,
    ModelNotFound,
    NoSigningSecret,
    NotFailed,
    NothingToTell,
    NotQueued,
    NotReplicated,
    NotSupported,
    Poisoned,
    PositionTooFar,
    QueueFull,
    SchemaTooNew,
    StorageUnavailable,
    StoreUnavailable,
    TaskNotFound,
    TaskOpen,
    TooManyListeners,
    VideoGone,
    VideoNotReady,
)
from aigcq.errors.shares import TenantBacklogFull
from aigcq.errors.uploads import FileNotFound, UploadsFull
from aigcq.errors.vendor import (
    PictureGone,
    VendorAborted,
    VendorAccount,
    VendorDuplicate,
    VendorError,
    VendorFailed,
    VendorNoVideo,
    VendorRateLimited,
    VendorRejected,
    VendorTaskGone,
    VendorThrottled,
    VendorUnavailable,
    VendorUnknown,
)

UNCERTAIN: Final = frozenset(
    {VendorUnknown.code, VendorTaskGone.code, VendorNoVideo.code, Poisoned.code, AigcqError.code}
)
"""Error codes after which the vendor may have made the video, whatever we know."""

__all__ = [
    "UNCERTAIN",
    "AigcqError",
    "BudgetExceeded",
    "ConfigurationError",
    "DeadlineExceeded",
    "FileNotFound",
    "FirstKey",
    "IdempotencyConflict",
    "InvalidApiKey",
    "InvalidLink",
    "InvalidRequest",
    "KeyNotFound",
    "LeaseLost",
    "MaxCostExceeded",
    "MayBeMade",
    "NotFailed",
    "NotQueued",
    "ModelNotFound",
    "NoSigningSecret",
    "NotReplicated",
    "NothingToTell",
    "NotSupported",
    "OtherAccount",
    "PictureGone",
    "Poisoned",
    "PositionTooFar",
    "PriceUnknown",
    "QueueFull",
    "SchemaTooNew",
    "ScopeMissing",
    "StorageUnavailable",
    "StoreUnavailable",
    "TaskMoving",
    "TaskNotFound",
    "TaskOpen",
    "TenantBacklogFull",
    "TenantNotFound",
    "TooManyListeners",
    "TooManyRequests",
    "UploadsFull",
    "VendorAborted",
    "VendorAccount",
    "VendorDuplicate",
    "VendorError",
    "VendorFailed",
    "VendorNoVideo",
    "VendorRateLimited",
    "VendorRejected",
    "VendorTaskGone",
    "VendorThrottled",
    "VendorUnavailable",
    "VendorUnknown",
    "VideoGone",
    "VideoNotReady",
    "WorkerNotFound",
]
