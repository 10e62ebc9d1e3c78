"""The names of everything that one queue keeps in Redis.

The queue's name is a hash tag, so that a Redis Cluster keeps one queue in one slot.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from aigcq.store.keys_of_tasks import KeysOfTasks

GROUP = "workers"


@dataclass(frozen=True, slots=True)
class Keys(KeysOfTasks):
    """The keys of one queue."""

    @property
    def uploads(self) -> str:
        """Zset: task or file id -> when its picture is gone at the latest, ms."""
        return self.prefix + "uploads"

    def idempotency(self, tenant: str, route: str, key: str) -> str:
        """String with a TTL: what a client's key named first on a route. Clients' text is hashed, never a key."""
        return f"{self.prefix}idem:{tenant}:{route}:{sha256(key.encode()).hexdigest()[:32]}"

    def resent(self, tenant: str, route: str, fingerprint: str) -> str:
        """String with a TTL: what a body named that a client's library may send again by itself, without a key."""
        return f"{self.prefix}resent:{tenant}:{route}:{fingerprint}"

    def home(self, tenant: str, route: str, name: str) -> str:
        """String with a TTL: to which account goes what a client's key, or a body that is sent again, names."""
        return f"{self.prefix}home:{tenant}:{route}:{sha256(name.encode()).hexdigest()[:32]}"

    def rate(self, action: str) -> str:
        """Hash: the token bucket of one vendor action, shared by all workers."""
        return f"{self.prefix}rate:{action}"

    def durations(self, kind: str) -> str:
        """Hash: how long vendor tasks of one kind take; see `aigcq.durations`."""
        return f"{self.prefix}durations:{kind}"

    def calls_of(self, task_id: str) -> str:
        """Capped stream with a TTL: calls to the receivers of one task."""
        return f"{self.calls}:{task_id}"

    def receiver(self, name: str) -> str:
        """Hash with a TTL: what speaks against a receiver of webhooks."""
        return f"{self.prefix}receiver:{name}"

    def tenant(self, name: str) -> str:
        """Hash: what a tenant may take; see `aigcq.tenant`."""
        return f"{self.prefix}tenant:{name}"

    @property
    def tenants(self) -> str:
        """Set: tenants that have settings."""
        return self.prefix + "tenants"

    def api_key(self, key_id: str) -> str:
        """Hash: an API key; see `aigcq.api_key`."""
        return f"{self.prefix}key:{key_id}"

    @property
    def api_keys(self) -> str:
        """Zset: API key -> created, ms."""
        return self.prefix + "keys"

    @property
    def spend_prefix(self) -> str:
        """How the keys of the ledger begin; see `ledger.lua`."""
        return self.prefix + "spend"

    def purse(self, tenant: str, period: str) -> str:
        """Hash with a TTL: what a tenant has spent in a day or a month; or the account, as tenant `ALL`."""
        return f"{self.spend_prefix}:{tenant}:{period}"

    def open(self, tenant: str) -> str:
        """Set: tasks of a tenant, which has a name, that have not ended; without one, the tenants."""
        return f"{self.prefix}open:{tenant}" if tenant else f"{self.prefix}open"

    @property
    def finish(self) -> str:
        """Hash: tenant -> where in the order what it has put there ends, virtual seconds; see `order.lua`."""
        return self.prefix + "finish"

    def own(self, tenant: str) -> str:
        """Zset: task id -> place among the queued tasks of one tenant."""
        return f"{self.prefix}own:{tenant}"

    @property
    def stream(self) -> str:
        """Stream: one entry per open task, holding only its id."""
        return self.prefix + "stream"

    @property
    def queued(self) -> str:
        """Zset: task id -> dispatch score; the first is next."""
        return self.prefix + "queued"

    @property
    def lanes(self) -> str:
        """Set: models of which queued tasks were passed; `<key>:<model>` has the tenants whose they are."""
        return self.prefix + "lanes"

    def lane(self, model: str, tenant: str = "") -> str:
        """Zset: task id -> dispatch score; tasks of a model and a tenant that others may pass."""
        return f"{self.lanes}:{model}:{tenant}"

    @property
    def full(self) -> str:
        """Set: tenants at their caps, whose lanes nobody looks at; `<key>:permits` are their permits."""
        return self.prefix + "full"

    @property
    def caps(self) -> str:
        """Hash: tenants of whose permits there is an index; `<key>:changed`: those whose cap was changed."""
        return self.prefix + "caps"

    @property
    def waiting(self) -> str:
        """Zset: task id -> due, ms."""
        return self.prefix + "waiting"

    @property
    def leaving(self) -> str:
        """Zset: task id -> when it was last seen to, ms; what is on its way to another account."""
        return self.prefix + "leaving"

    @property
    def leases(self) -> str:
        """Zset: task id -> lease deadline, ms."""
        return self.prefix + "leases"

    @property
    def permits(self) -> str:
        """Zset: task id -> granted, ms; the live vendor tasks."""
        return self.prefix + "permits"

    def permits_of(self, model: str) -> str:
        """Zset: task id -> granted, ms; the permits of a model that has a limit, and what is left over of them."""
        return f"{self.permits}:{model}"

    def permits_of_tenant(self, tenant: str) -> str:
        """Zset: task id; the permits of a tenant that has a cap, and what is left over of them."""
        return f"{self.permits}:tenant:{tenant}"

    @property
    def unanswered(self) -> str:
        """Zset: task id -> granted, ms; the permits of whose submission the vendor has not said yes or no."""
        return self.prefix + "unanswered"

    @property
    def quarantine(self) -> str:
        """Zset: task id -> when its permit is given back, ms: nobody knows whether the vendor runs it."""
        return self.prefix + "quarantine"

    @property
    def limit(self) -> str:
        """Hash: the threshold and the state of the law."""
        return self.prefix + "limit"

    def limit_of(self, model: str) -> str:
        """Hash: the threshold and the state of the law, of a model that has a limit."""
        return f"{self.limit}:model:{model}"

    @property
    def history(self) -> str:
        """Capped stream: every change of the threshold, with its cause."""
        return self.prefix + "limit:history"

    @property
    def events(self) -> str:
        """Capped stream: every state change."""
        return self.prefix + "events"

    @property
    def historian(self) -> str:
        """Hash: how far events were folded into the history; see `aigcq.watched`."""
        return self.prefix + "historian"

    def minutes_of(self, hour: int) -> str:
        """Hash with a TTL: minute -> what happened in it, of one hour, both counted from 1970; see `aigcq.history`."""
        return f"{self.prefix}history:minutes:{hour}"

    def hours_of(self, day: int) -> str:
        """Hash with a TTL: hour -> what happened in it, of one day, both counted from 1970."""
        return f"{self.prefix}history:hours:{day}"

    @property
    def audit(self) -> str:
        """Capped stream: who did what to the queue."""
        return self.prefix + "audit"

    @property
    def ended(self) -> str:
        """Zset: task id -> ended, ms."""
        return self.prefix + "ended"

    def ended_of(self, tenant: str) -> str:
        """Zset: task id -> ended, ms, of a tenant with a name; open ones far behind, see `lua/shared/tenants.lua`."""
        return f"{self.ended}:{tenant}"

    @property
    def dead(self) -> str:
        """Zset: failed task id -> ended, ms; the dead letters."""
        return self.prefix + "dead"

    @property
    def overdue(self) -> str:
        """Zset: task id -> sent, ms: what is so old that the alarm was raised, and not settled."""
        return self.prefix + "overdue"

    @property
    def deadlines(self) -> str:
        """Zset: task id -> when it must have started or ended, ms; the first of the two that is left."""
        return self.prefix + "deadlines"

    @property
    def outbox(self) -> str:
        """Zset: <task id>:<moment> -> when the client is told of it next, ms; what was delivered is gone.

        With `:all` behind it, it is for the receiver of every task."""
        return self.prefix + "outbox"

    @property
    def starts(self) -> str:
        """Zset: task id -> when the vendor took it while others waited, ms; the last hundred."""
        return self.prefix + "starts"

    @property
    def stored(self) -> str:
        """Zset: task id -> since when its video is kept, ms."""
        return self.prefix + "stored"

    @property
    def tries(self) -> str:
        """Hash: <task id>:<moment> -> how often its receiver was called in vain."""
        return self.prefix + "outbox:tries"

    @property
    def calls(self) -> str:
        """Capped stream: calls to receivers of webhooks."""
        return self.prefix + "webhooks"

    @property
    def receivers(self) -> str:
        """Zset: receiver -> when a call of it last failed, ms."""
        return self.prefix + "receivers"

    @property
    def meta(self) -> str:
        """Hash: schema, sequence, pause, breaker, the server that answers."""
        return self.prefix + "meta"

    @property
    def workers(self) -> str:
        """Zset: consumer -> last beat, ms."""
        return self.prefix + "workers"

    @property
    def draining(self) -> str:
        """Zset: consumer -> since when it is to take no more and to end, ms."""
        return self.prefix + "draining"

    @property
    def vendor(self) -> str:
        """Hash: what was last seen of the vendor."""
        return self.prefix + "vendor"

    @property
    def probe(self) -> str:
        """String with a TTL: written to see whether Redis takes writes."""
        return self.prefix + "probe"
