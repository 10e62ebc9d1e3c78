"""Webhooks: what a client asks for, and what it reads of them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from aigcq.request import Url
from aigcq.schemas.answer import Answer


class Webhook(BaseModel):
    """Where a client is told, and of what."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    url: Url
    """https:// in the internet; http:// and addresses of the own network only where AIGCQ_WEBHOOK_ALLOW names them."""
    events: Annotated[tuple[Literal["start", "end"], ...], Field(min_length=1, max_length=2)] = ("end",)
    """`start`: the vendor has begun; `end`: it has completed, failed or was cancelled."""


class PastDelivery(Answer):
    """One call to the webhook of a task."""

    task_id: str
    """Names the task everywhere."""
    moment: Literal["start", "end"]
    """Of what it told."""
    attempt: int
    """Which call it was, counted from 1; a replay begins anew."""
    at: AwareDatetime
    """When it ended."""
    status: int | None
    """The HTTP status of the answer; 2xx is a delivery. Null: there was no answer."""
    error: str | None
    """Why there was none: forbidden_address, name_not_found, cannot_connect, tls, timeout, no_http_answer or
    connection_broken."""
    ms: int
    """How long it took, milliseconds."""
    host: str
    """Whom it went to; of the URL nothing else is told."""
    everyone: bool = False
    """It was a call of AIGCQ_WEBHOOK_URL, which is told of every task."""


class Deliveries(Answer):
    """What was said to webhooks, the newest first."""

    task_id: str | None = None
    """The task that was asked for."""
    deliveries: list[PastDelivery]
    """Of one task at most 50 are kept, of all about AIGCQ_EVENTS_CAP."""
    next_cursor: str | None = None
    """Give it as `cursor` to read on; null: those were the last."""


class Replayed(Answer):
    """What is told again."""

    task_id: str
    """Names the task everywhere."""
    moments: list[Literal["start", "end"]]
    """They are due now; each has the same webhook-id as the first time."""
