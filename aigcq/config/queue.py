"""The queue and what it remembers."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from aigcq.config.group import Group, Positive


class QueueSettings(Group):
    """The queue and what it remembers."""

    queue: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")] = "default"
    """Name of the queue; one queue is one vendor account."""
    backlog_limit: Annotated[int, Field(ge=1)] = 100_000
    """Unfinished tasks beyond which new ones are refused with 429."""
    result_ttl_seconds: Positive = 7 * 86400.0
    """How long an ended task is kept."""
    idempotency_ttl_seconds: Positive = 7 * 86400.0
    """How long an Idempotency-Key is remembered."""
    priority_boost: Annotated[int, Field(ge=0, le=1_000_000)] = 100
    """Places that one step of tasks_priority moves a task forward; ten steps bound how far anyone is overtaken."""
    audit_cap: Annotated[int, Field(ge=100)] = 10_000
    """About how many entries are kept of who did what: `aigcq audit`."""
    events_cap: Annotated[int, Field(ge=100)] = 10_000
    """About how many events are kept."""
