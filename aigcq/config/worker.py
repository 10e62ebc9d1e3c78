"""What a worker does how often, and for how long."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from aigcq.config.group import Group, Memory, Milliseconds, Positive, named


class WorkerSettings(Group):
    """What a worker does how often, and for how long."""

    worker_poll_interval: Positive = named("WORKER_POLL_INTERVAL", 2)
    """Seconds between vendor polls of one running task, and the longest time between two looks at the queue."""
    worker_block_time: Milliseconds = named("WORKER_BLOCK_TIME", 5000)
    """Milliseconds that a blocking read of Redis may last."""
    consumer_name: str = named("CONSUMER_NAME", "")
    """Name of this worker; a unique instance id is appended. Default: the host's name."""
    worker_concurrency: Annotated[int, Field(ge=1, le=100_000)] = 1000
    """The most tasks one worker process drives at once."""
    lease_seconds: Annotated[float, Field(ge=0.5, le=3600)] = 15.0
    """A delivery that is not renewed for this long may be reclaimed by another worker."""
    drain_seconds: Positive = 10.0
    """How long a worker may take to stop after SIGTERM."""
    max_attempts: Annotated[int, Field(ge=1, le=100)] = 4
    """How often a task is tried when the vendor fails it for a passing reason; throttling never counts."""
    max_deaths: Annotated[int, Field(ge=1, le=100)] = 3
    """A task whose workers died so often in a row, before they could renew its lease, fails as poisoned."""
    backoff_base_seconds: Positive = 2.0
    """Upper bound of the first delay before another try; it doubles with each."""
    backoff_max_seconds: Positive = 300.0
    """Longest delay before another try."""
    create_rate: Positive = 15.0
    """Submissions per second, all workers together. The vendor allows 20."""
    create_burst: Annotated[int, Field(ge=1)] = 3
    """Submissions that may go at once."""
    describe_rate: Positive = 80.0
    """Status calls per second, all workers together. The vendor allows 100."""
    describe_burst: Annotated[int, Field(ge=1)] = 20
    """Status calls that may go at once."""
    vendor_listing: bool = True
    """Read the vendor's list of finished tasks where there are too many to look at each one in time."""
    vendor_events: bool = False
    """Take the vendor's events of finished videos as hints. Only where nobody else needs those of this SubAppId."""
    vendor_timeout_seconds: Annotated[float, Field(gt=0, le=120)] = 20.0
    """How long one call to the vendor may take."""
    resend_seconds: Positive = 60.0
    """Longest delay before a submission of unknown outcome is sent again with the same SessionId."""
    search_seconds: Positive = 600.0
    """How long a vendor task that is known to exist is searched for before a person must."""
    session_seconds: Memory = 60 * 3600.0
    """A SessionId older than this is never sent again: the vendor forgets it after 72 hours."""
    horizon_alarm_seconds: Memory = 48 * 3600.0
    """A task that was sent so long ago and has not ended raises an alarm, in the log and in `/health`."""
    horizon_seconds: Memory = 71 * 3600.0
    """A vendor task this old is collected for the last time and else given up: the vendor forgets it after 72 hours."""
    refused_burns_session: bool = False
    """Whether the vendor keeps the SessionId of a request that it refused. Not known; false is what tests suggest."""
