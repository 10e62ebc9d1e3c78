"""One submission, as the cluster and the vendor see it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from aigcq.limit.ceiling import Permit


class Refusal(StrEnum):
    """Why the vendor refused; a client can tell only RATE from the others."""

    RATE = "rate"
    STORM = "storm"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Task:
    """One video."""

    tenant: int
    seconds: float
    model: str = ""
    number: int = 0
    """Its place in the order, where there are models."""


@dataclass(slots=True, kw_only=True, eq=False)
class Job:
    """A task that was submitted."""

    task: Task
    permit: Permit
    model_permit: Permit | None
    """None: its model had no limit."""
    worker: int
    generation: int
    """Of the worker that submitted it; it rises when that crashes."""
    sent_at: float
    flying: int
    """How many were accepted and had not ended when it was sent."""
    orphan: bool = False
    """Its worker crashed before the answer: nobody knows of it."""
    refusal: Refusal | None = None
    seconds: float = 0.0
    """How long the vendor renders it."""
    finished_at: float = 0.0
