"""A task as it goes into the store, and as it comes out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aigcq.model import Status, Task
from aigcq.request import CLIENT


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTask:
    """What is needed to enqueue a task."""

    id: str
    request: str
    """JSON; what will be sent, with every default resolved."""
    tenant: str = ""
    model: str = ""
    priority: int = 0
    due_ms: int = 0
    """Not before, Redis time; 0 for now."""
    route: str = "create"
    """By which door it came: a key names something else at each."""
    idempotency_key: str = ""
    fingerprint: str = ""
    """Of the request as it was read, to tell a repetition from another request under the same key."""
    resend: int | None = None
    """How often the client's library has sent this before by itself; None: it does not say. Without a key,
    one that is sent again is answered as the last one that was the first of its kind."""
    max_position: int = 0
    """Beyond that it is refused; 0: never."""
    start_by_ms: int = 0
    """Redis time; 0: whenever."""
    end_by_ms: int = 0
    """Redis time; 0: whenever."""
    webhook: str = ""
    """The moments of which the client is told: start, end, or both."""
    carried: Mapping[str, str] = field(default_factory=dict)
    """Fields of the record that it has in the account that has lent it; see `store.moves`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is on record of a request, to be read once: only some who look at a task want to know."""

    stored: str = ""
    """JSON, as it was stored."""

    @property
    def request(self) -> Mapping[str, Any]:
        """What the vendor is sent."""
        return {name: value for name, value in self._read().items() if name != CLIENT}

    @property
    def client(self) -> Mapping[str, Any]:
        """What its client said that the vendor is not sent; see `request.StoredRequest`."""
        return dict(self._read().get(CLIENT, {}))

    def _read(self) -> dict[str, Any]:
        return dict(json.loads(self.stored)) if self.stored else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class View(Asked):
    """A task as a client may see it."""

    task: Task
    position: int | None
    """Exact dispatch rank, 1 for the first; 0 once it runs or has ended; None while it waits for a retry."""
    outcome: Mapping[str, Any] | None = None
    """The result of a completed task, the error of a failed one."""
    replayed: bool = False
    """An idempotency key named this task before."""
    account: str = ""
    """The account that it is in, where there are several."""


def created_view(new: NewTask, now_ms: int, position: int) -> View:
    task = Task(
        id=new.id,
        status=Status.QUEUED,
        tenant=new.tenant,
        model=new.model,
        priority=new.priority,
        created_ms=now_ms,
        due_ms=0 if position else new.due_ms,
        start_by_ms=new.start_by_ms,
        end_by_ms=new.end_by_ms,
        webhook=new.webhook,
    )
    return View(task=task, position=position or None, stored=new.request)


def position_of(task: Task, rank: int | None) -> int | None:
    if rank is not None:
        return int(rank) + 1
    return None if task.status is Status.QUEUED else 0
