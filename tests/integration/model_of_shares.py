"""How tenants share the order: the rules, without Redis; see `model`. `store/lua/shared/order.lua`, plainly."""

from __future__ import annotations

from math import floor, inf
from typing import Any

from aigcq.tenant import Tenant

QUANTUM, TICK, TICKS = 0.125, 2**-15, 4096
MOST_FILLED = 128


class Shares:
    """Who is queued, and by which start tag."""

    def __init__(self) -> None:
        self.queued: dict[str, float] = {}
        self.scores: dict[str, float] = {}
        self.tenants: dict[str, str] = {}
        """Task -> whose it is."""
        self.own: dict[str, float] = {}
        """Task -> its place among those of its tenant; kept when it leaves, for it may come back."""
        self.settings_of: dict[str, Tenant] = {}
        self.finish: dict[str, float] = {}
        self.moment: float | None = None
        self.seq = 0

    def terms_of(self, tenant: str) -> Tenant:
        """Return what a tenant may take."""
        return self.settings_of.get(tenant, Tenant(name=tenant))

    def order(self) -> list[str]:
        """Return the queued tasks, the next one first."""
        return by_score(self.queued)

    def arrive(self, task_id: str, tenant: str, priority: int, cost: float, boost: int) -> None:
        """Let a task use its tenant's share."""
        self.seq += 1
        self.moment = self.seq + 10.0 * boost if self.moment is None else self.moment
        self.tenants[task_id] = tenant
        self.own[task_id] = own_key(self.seq, priority, boost)
        start = max(self.moment, self.finish.get(tenant, 0.0))
        self.scores[task_id] = start + self.seq % TICKS * TICK
        weight = self.terms_of(tenant).weight
        self.finish[tenant] = start + max(1, floor(cost / weight / QUANTUM + 0.5)) * QUANTUM

    def queue(self, task_id: str) -> None:
        """Put a task in: its tenant has one tag more, and the own order says who has which."""
        tag, tenant = self.scores[task_id], self.tenants[task_id]
        if tag > self.finish.get(tenant, 0):
            self.finish[tenant] = moment_of(tag) + QUANTUM
        self.queued[task_id] = tag
        peers = self._of(tenant)
        for peer, tag in zip(peers, sorted(self.queued[peer] for peer in peers), strict=True):
            self._move(peer, tag)

    def reorder_queued(self, task_id: str, own: float) -> None:
        self.own[task_id] = own
        if task_id in self.queued:
            self.queue(task_id)

    def leave(self, task_id: str) -> None:
        """Take out what will not run; those behind it of its tenant move up."""
        free = self.queued.pop(task_id)
        behind = [peer for peer in self._of(self.tenants[task_id]) if self.own[peer] > self.own[task_id]]
        for peer in behind[:MOST_FILLED]:
            tag = self.queued[peer]
            self._move(peer, free)
            free = tag
        self.scores[task_id] = free
        if len(behind) < MOST_FILLED:
            self.finish[self.tenants[task_id]] = moment_of(free)

    def come_to(self, task_id: str) -> None:
        """Take out what runs: the order has come to it."""
        tag = moment_of(self.queued.pop(task_id))
        if self.moment is not None:
            self.moment = max(self.moment, tag)

    def cap_of(self, task_id: str) -> float:
        tenant = self.tenants[task_id]
        return self.terms_of(tenant).max_live or inf

    def _of(self, tenant: str) -> list[str]:
        return sorted((each for each in self.queued if self.tenants[each] == tenant), key=self.own.__getitem__)

    def _move(self, task_id: str, tag: float) -> None:
        self.queued[task_id] = self.scores[task_id] = tag


def own_key(seq: int, priority: int, boost: int) -> float:
    return seq - priority * boost + priority / 1000


def moment_of(tag: float) -> float:
    return floor(tag / QUANTUM) * QUANTUM


def by_score(zset: dict[str, Any]) -> list[str]:
    return sorted(zset, key=lambda member: (zset[member], member))
