"""A delivery in the hands of this worker."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from aigcq.clock import Clock
from aigcq.config import VENDOR_MEMORY_SECONDS
from aigcq.errors import LeaseLost
from aigcq.model import Delivery
from aigcq.request import StoredRequest, VideoRequest


@dataclass(slots=True)
class Held:
    """A delivery of this worker, and what the worker alone knows of it."""

    delivery: Delivery
    until: float
    """Monotonic clock: the lease is ours at least until then."""
    cancel_requested: bool = False
    sent: bool = False
    """The vendor may have a task of it: its permit must outlive a fault of ours."""
    lost: bool = False
    """Somebody else drives it by now."""
    looked: bool = False
    """The vendor has answered a poll of it, and that did not kill its worker."""
    proven: bool = False
    """Its lease was renewed: it does not kill its worker at once."""
    alive_at: float | None = None
    """Monotonic clock: when the vendor task was last known to run; None if this worker has not seen that."""
    told_waiting: bool = False
    """The law knows that the vendor queues it."""
    vendor_task_id: str = ""
    """What is looked at; empty before."""
    kind: str = ""
    """What vendor tasks that take similarly long have in common."""
    made_at: float = float("inf")
    """Monotonic clock: when the vendor task was made, as far as this worker knows."""
    wish: float = 0.0
    """How many looks per second would pay."""
    bell: asyncio.Event = field(default_factory=asyncio.Event)
    """Rings if there is a reason to look at once."""
    listed: bool = False
    """The vendor's list has shown that it has finished."""
    saving: bool = False
    """The vendor has made it, and only the copy is left: it takes no room from others."""
    _request: VideoRequest | None = None
    age_seconds: float = 0.0
    """How long ago the vendor was sent it, by Redis' clock when it was last measured; 0 before that."""

    @property
    def request(self) -> VideoRequest:
        """What is asked for; it is read once.

        Raises:
            ValueError: nobody can read it.
        """
        if self._request is None:
            self._request = StoredRequest.model_validate_json(self.delivery.request)
        return self._request

    @property
    def forgotten(self) -> bool:
        """Whether the vendor's memory of it is over."""
        return self.age_seconds >= VENDOR_MEMORY_SECONDS

    @property
    def suspected(self) -> bool:
        """Whether a worker before this one died with it, and this one may yet."""
        return self.delivery.task.deaths > 0 and not self.proven

    def over_seconds(self, finished_at: float | None, clock: Clock) -> float:
        """Return for how long the vendor task is over, of which the vendor says that it finished at `finished_at`.

        Clocks differ: it did not finish before it was last seen running, and not after this look.
        """
        longest = float("inf") if self.alive_at is None else clock.monotonic() - self.alive_at
        if finished_at is None:
            return 0.0 if self.alive_at is None else longest / 2
        return min(max(0.0, clock.now() - finished_at), longest)

    @classmethod
    def since(cls, delivery: Delivery, asked_at: float, lease_seconds: float) -> Held:
        """Return what was claimed by a question asked at `asked_at`: the lease began no earlier."""
        return cls(delivery, until=asked_at + lease_seconds, cancel_requested=delivery.task.cancel_requested)

    def renewed(self, asked_at: float, lease_seconds: float) -> None:
        """Take note of a lease that began anew after `asked_at`."""
        self.until = max(self.until, asked_at + lease_seconds)

    def confirmed(self, asked_at: float, lease_seconds: float) -> None:
        """Take note of a lease that replicas have: a later one may be known only to a master that was replaced."""
        self.until = asked_at + lease_seconds

    def watched(self, vendor_task_id: str, kind: str, now: float) -> None:
        """Take note of what is looked at from now on; it is no younger than it was measured to be."""
        self.vendor_task_id, self.kind = vendor_task_id, kind
        self.made_at = now - self.age_seconds

    def check_unlost(self) -> None:
        """Raise LeaseLost if it is known that somebody else drives it."""
        if self.lost:
            raise LeaseLost(self.delivery.task_id)

    def about_to_send(self, now: float) -> None:
        """Take note that the vendor is called next; raise LeaseLost if somebody else may be doing that."""
        if self.lost or now >= self.until:
            raise LeaseLost(self.delivery.task_id)
        self.sent = True
