"""What every door does with what it has read: it becomes a task of the queue."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from uuid import uuid4

from fastapi import Request

from aigcq import tracing
from aigcq.config import Settings
from aigcq.durations import kind_of
from aigcq.prices import load
from aigcq.request import StoredRequest, VideoRequest
from aigcq.store.tasks import NewTask


def order(
    request: VideoRequest, settings: Settings, *, client: Mapping[str, Any] | None = None, **terms: Any
) -> NewTask:
    """Return the task that asks for a resolved `request`, with what it will cost by the price table of `settings`.

    `client` is what it must be told to be answered as its clients expect, and is on record beside the request;
    `terms` are fields of `NewTask`.
    """
    stored = StoredRequest.model_construct(**{**dict(request), "client": dict(client)}) if client else request
    model = f"{request.model_name}-{request.model_version}"
    return NewTask(
        id=str(uuid4()),
        request=stored.to_json(),
        model=model,
        kind=kind_of(model, off_peak=request.off_peak == "Enabled"),
        priority=request.tasks_priority,
        estimate=load(settings.prices).estimate(request),
        traceparent=tracing.traceparent(),
        **terms,
    )


def fingerprint(parsed: str) -> str:
    """Return what tells a body from another one: of what was read, for a multipart body differs at every send."""
    return sha256(parsed.encode()).hexdigest()[:32]


def resend_of(request: Request) -> int | None:
    """Return how often the client's library has sent this before by itself; None: it does not say."""
    return read_count(request.headers.get("x-stainless-retry-count", ""))


def read_count(count: str) -> int | None:
    """Return the count that a client's library gives of its own sends; None: it is none."""
    return int(count) if count.isascii() and count.isdigit() and len(count) < 4 else None
