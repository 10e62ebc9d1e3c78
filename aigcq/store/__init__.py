"""The only room that knows Redis.

`Tasks` is the client's side (enqueue, cancel, read), with `Lists` (many at a time) and `Uploads`
(what came with a request). `Deliveries` is the
worker's side (claim to settle), with `Leases` (who may go on), `Horizon` (how old things are), `Replicas`
(what must be on replicas before it counts), `Upkeep` (what is due, what is broken), `Files` (which videos are
kept) and `Observations` (how long the vendor takes). `Outbox` and `Receivers` are who is told what by webhook.
`Control` is the operator's (pause, what there is, who is alive), with `Workers` (what each holds), `Limits` (bounds of
the threshold), `Depths` (how much there is of everything), `Dead` (what has failed), `Audit` (who did what) and
`History` (what has happened); `Server` is how Redis itself is. `Tenants` is who shares the account, `Credentials` are
their keys, `Ledger` is what they spend, `Rates` how fast they may ask, and `Employer` whose the account is. `Moves` and
`Homes` are for several accounts: a task goes from one to another; which one a client's key has named.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from aigcq.audit import Actor
from aigcq.caller import OPERATOR, Caller
from aigcq.config import Settings
from aigcq.store.audit import Audit
from aigcq.store.connection import Connection, connect
from aigcq.store.control import Control
from aigcq.store.credentials import Credentials
from aigcq.store.dead import Dead
from aigcq.store.deliveries import Deliveries
from aigcq.store.depths import Depths
from aigcq.store.employer import Employer
from aigcq.store.files import Files
from aigcq.store.history import History
from aigcq.store.homes import Homes
from aigcq.store.horizon import Horizon
from aigcq.store.leases import Leases
from aigcq.store.ledger import Ledger
from aigcq.store.limits import Limits
from aigcq.store.listing import Lists
from aigcq.store.moves import Moves
from aigcq.store.observations import Observations
from aigcq.store.outbox import Outbox
from aigcq.store.rates import Rates
from aigcq.store.receivers import Receivers
from aigcq.store.records import NewTask
from aigcq.store.replicas import Replicas
from aigcq.store.server import Server
from aigcq.store.tasks import Tasks
from aigcq.store.tenants import Tenants
from aigcq.store.upkeep import Upkeep
from aigcq.store.uploads import Uploads
from aigcq.store.workers import Workers


@dataclass(frozen=True, slots=True)
class Store:
    """One queue in Redis."""

    tasks: Tasks
    deliveries: Deliveries
    leases: Leases
    control: Control
    depths: Depths
    horizon: Horizon
    replicas: Replicas
    dead: Dead
    upkeep: Upkeep
    observations: Observations
    lists: Lists
    files: Files
    outbox: Outbox
    receivers: Receivers
    uploads: Uploads
    tenants: Tenants
    credentials: Credentials
    ledger: Ledger
    audit: Audit
    rates: Rates
    employer: Employer
    moves: Moves
    homes: Homes
    workers: Workers
    limits: Limits
    server: Server
    history: History
    connection: Connection
    caller: Caller = OPERATOR
    """Who uses it: to the others what is not theirs is as if it were not there."""

    @classmethod
    def over(cls, connection: Connection) -> Store:
        return cls(
            tasks=Tasks(connection), deliveries=Deliveries(connection), leases=Leases(connection),
            control=Control(connection), depths=Depths(connection), horizon=Horizon(connection),
            replicas=Replicas(connection),
            dead=Dead(connection), upkeep=Upkeep(connection), observations=Observations(connection),
            lists=Lists(connection), files=Files(connection), uploads=Uploads(connection),
            outbox=Outbox(connection), receivers=Receivers(connection), tenants=Tenants(connection),
            credentials=Credentials(connection), ledger=Ledger(connection), audit=Audit(connection),
            rates=Rates(connection), employer=Employer(connection), moves=Moves(connection), homes=Homes(connection),
            workers=Workers(connection), limits=Limits(connection), server=Server(connection),
            history=History(connection), connection=connection,
        )  # fmt: skip

    def seen_by(self, caller: Caller) -> Store:
        """Return the same queue as `caller` may see and change it: what routes are given, so that none has to check."""
        if caller is OPERATOR:
            return self
        connection = self.connection
        return replace(
            self, caller=caller, tasks=Tasks(connection, caller), lists=Lists(connection, caller),
            files=Files(connection, caller), uploads=Uploads(connection, caller), outbox=Outbox(connection, caller),
            history=History(connection, caller),
        )  # fmt: skip

    def acting(self, actor: Actor) -> Store:
        """Return the same queue, as the same caller sees it, in which is written down what `actor` does."""
        return Store.over(self.connection.acting(actor)).seen_by(self.caller)

    @property
    def names(self) -> Sequence[str]:
        """Its account; or those that it is made of."""
        return [self.connection.settings.queue]

    def named(self, account: str) -> Store:
        """Return the queue of one of `names`, as the same caller sees it."""
        return self

    async def routed(self, new: NewTask) -> tuple[Store, NewTask]:
        """Return the queue that a task goes to, and the task as it goes there."""
        return self, new


@asynccontextmanager
async def open_store(settings: Settings, url: str) -> AsyncIterator[Store]:
    """Open the queue that `settings` name, in the Redis at `url`."""
    async with connect(settings, url) as connection:
        yield Store.over(connection)
