"""The vendor: its clock, its accounts, every task it has accepted."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from aigcq.clock import Clock
from aigcq.simulator import faults
from aigcq.simulator.account import Account
from aigcq.simulator.capabilities import Model, table
from aigcq.simulator.events import Events
from aigcq.simulator.fate import OVER_LIMIT, Oracle
from aigcq.simulator.faults import Dice, Fault
from aigcq.simulator.ledger import Ledger
from aigcq.simulator.refusal import Refusal, internal_error, no_such_task, repeated_session
from aigcq.simulator.settings import Overflow, SimulatorSettings
from aigcq.simulator.task import Status, Task


class Vendor:
    """All the state there is. Every method first brings it up to date with the clock; none of them waits."""

    def __init__(self, settings: SimulatorSettings, clock: Clock) -> None:
        self.clock = clock
        self._constructed_with = settings
        self.reset()

    def reset(self) -> None:
        """Forget everything: tasks, counters, SessionIds, events, changed settings, the moved clock."""
        self.settings = self._constructed_with
        self._skew = 0.0
        self.ledger = Ledger()
        self.events = Events()
        self.dice = Dice(self.settings.seed)
        self._accounts: defaultdict[str, Account] = defaultdict(Account)
        self._by_id: dict[str, Task] = {}
        self._by_token: dict[str, Task] = {}
        self._by_owner: defaultdict[tuple[str, int], list[Task]] = defaultdict(list)

    def now(self) -> float:
        """Return the vendor's time, seconds since 1970: the clock's, plus what it was advanced by."""
        return self.clock.now() + self._skew

    def advance(self, seconds: float) -> None:
        """Move the vendor's clock on; clients and the check of signatures keep theirs."""
        self._skew += seconds
        self.settle()

    def change(self, settings: SimulatorSettings) -> None:
        """Behave by `settings` from now on; what was accepted before keeps its fate."""
        self.settle()
        if settings.seed != self.settings.seed:
            self.dice = Dice(settings.seed)
        self.settings = settings
        self.settle()

    def settle(self) -> float:
        """Bring every account up to date; return the vendor's time."""
        now = self.now()
        for account in self._accounts.values():
            for task in account.settle(now, self.settings.concurrency, self.settings.concurrency_per_model):
                self.events.announce(task)
        self._note_peaks()
        return now

    def account(self, secret_id: str) -> Account:
        """Return the account of `secret_id`."""
        return self._accounts[secret_id]

    def accounts(self) -> Mapping[str, Account]:
        """Return every account that has sent a request."""
        return self._accounts

    def tasks(self) -> list[Task]:
        """Return the tasks that are remembered, oldest first."""
        return list(self._by_id.values())

    def tasks_of(self, secret_id: str, sub_app_id: int) -> list[Task]:
        """Return the tasks of one application, oldest first; do not change the list."""
        return self._by_owner[secret_id, sub_app_id]

    def remember(self, tasks: Iterable[Task]) -> None:
        """Go on with `tasks` of an earlier run: as if the vendor had never been away."""
        now = self.now()
        for task in tasks:
            account = self._accounts[task.secret_id]
            self._remember(task)
            self.ledger.tasks_created = max(self.ledger.tasks_created, task.ordinal + 1)
            horizon = now - self.settings.dedup_seconds
            if task.session_id and task.created > horizon:
                account.take_session(task.sub_app_id, task.session_id, task.created, horizon)
            if task.begun is not None and not task.is_over(now):
                account.begin(task, task.begun)
            elif task.status(now) is Status.WAITING:
                account.wait(task)
        self.settle()

    def find(self, secret_id: str, task_id: str, sub_app_id: int | None) -> Task:
        """Return the account's task.

        Raises:
            Refusal: InvalidParameterValue.TaskId, if it never was the account's; ResourceNotFound, if it is too old.
        """
        now = self.settle()
        task = self._by_id.get(task_id)
        if task is None or task.secret_id != secret_id or sub_app_id not in (None, task.sub_app_id):
            raise no_such_task(task_id)
        if task.created <= now - self.settings.retention_seconds:
            raise Refusal("ResourceNotFound", f"The task `{task_id}` is not found or has expired.")
        return task

    def find_by_token(self, token: str) -> Task | None:
        """Return the task whose FileUrl holds `token`."""
        self.settle()
        return self._by_token.get(token)

    def create(self, secret_id: str, params: Mapping[str, Any], struck: frozenset[str]) -> Task:
        """Accept one request for a video.

        Raises:
            Refusal: unknown model, repeated SessionId, quota, InternalError, or no room in overflow mode `sync_reject`.
        """
        model = _model(params)
        now = self.settle()
        account = self._accounts[secret_id]
        horizon = now - self.settings.dedup_seconds
        sub_app_id, session_id = int(params["SubAppId"]), params.get("SessionId") or ""
        if session_id and account.knows_session(sub_app_id, session_id, horizon):
            raise repeated_session(session_id)
        refusal = self._refusal(account, model, struck)
        if session_id and (refusal is None or self.settings.refused_burns_session):
            account.take_session(sub_app_id, session_id, now, horizon)
        if refusal is not None:
            raise refusal
        return self._accept(account, model, params, secret_id, struck)

    def abort(self, task: Task) -> None:
        """End a task that waits.

        Raises:
            Refusal: FailedOperation, if it is in any other status.
        """
        now = self.settle()
        if task.status(now) is not Status.WAITING:
            raise Refusal("FailedOperation", "Only a task in status WAITING can be aborted.")
        self._accounts[task.secret_id].abort(task, now)

    def _refusal(self, account: Account, model: Model, struck: frozenset[str]) -> Refusal | None:
        """Return why a well-formed request is refused, if it is."""
        if Fault.QUOTA in struck:
            return Refusal("LimitExceeded.Quota", "The AIGC quota of the account is used up.")
        if Fault.INTERNAL_ERROR in struck:
            return internal_error()
        if self.settings.overflow is Overflow.SYNC_REJECT and not self._has_room(account, model):
            return Refusal(*OVER_LIMIT)
        return None

    def _has_room(self, account: Account, model: Model) -> bool:
        return account.has_room(model.name, self.settings.concurrency, self.settings.concurrency_per_model)

    def _accept(
        self, account: Account, model: Model, params: Mapping[str, Any], secret_id: str, struck: frozenset[str]
    ) -> Task:
        ordinal = self.ledger.tasks_created
        oracle = Oracle(self.settings, ordinal)
        over = self.settings.overflow is Overflow.ASYNC_FAIL and not self._has_room(account, model)
        task = Task(
            ordinal=ordinal,
            token=uuid.uuid4().hex,
            secret_id=secret_id,
            model=model,
            params=params,
            created=self.now(),
            fate=oracle.over_the_limit() if over else oracle.fate(model, params, faults.async_failure(struck)),
            over_the_limit=over,
            announced_twice=Fault.DUPLICATE_EVENT in struck,
        )
        self._remember(task)
        if self.settings.overflow is Overflow.QUEUE:
            account.wait(task)
            self.settle()
        else:
            account.begin(task, task.created)
            self._note_peaks()
        self.ledger.tasks_created += 1
        self.ledger.over_the_limit += over
        return task

    def _note_peaks(self) -> None:
        accounts = self._accounts.values()
        self.ledger.max_live = max(self.ledger.max_live, sum(account.live for account in accounts))
        self.ledger.max_unfinished = max(self.ledger.max_unfinished, sum(each.unfinished() for each in accounts))

    def _remember(self, task: Task) -> None:
        self._by_id[task.task_id] = task
        self._by_token[task.token] = task
        self._by_owner[task.secret_id, task.sub_app_id].append(task)
        if len(self._by_id) > 1.1 * self.settings.remembered_tasks:
            self._forget_oldest()

    def _forget_oldest(self) -> None:
        """Forget ended tasks until as many are left as shall be; a tenth at a time, so that it is rare."""
        now = self.now()
        surplus = len(self._by_id) - self.settings.remembered_tasks
        oldest = [task for task in self._by_id.values() if task.outcome(now) != "live"][:surplus]
        for task in oldest:
            del self._by_id[task.task_id], self._by_token[task.token]
        gone = {task.ordinal for task in oldest}
        for tasks in self._by_owner.values():
            tasks[:] = [task for task in tasks if task.ordinal not in gone]


def _model(params: Mapping[str, Any]) -> Model:
    name, version = params["ModelName"], params["ModelVersion"]
    if name not in table().names:
        raise Refusal("InvalidParameter", f"ModelName {name} is invalid")
    if (model := table().models.get((name, version))) is None:
        raise Refusal("InvalidParameter", f"ModelVersion {version} is invalid")
    return model
