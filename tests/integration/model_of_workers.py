"""What every verb of a worker must answer, and what it must leave behind; see `model`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aigcq.durations import observe
from aigcq.errors import LeaseLost
from aigcq.limit import Law, News
from aigcq.model import Delivery, Event, Phase, Status, Task, target
from aigcq.spending import AS_ESTIMATED, NOTHING, Footage
from aigcq.store.answers import (
    CancelledBeforeSending,
    NotYet,
    OverdueBeforeSending,
    Renewal,
    SessionExpired,
    Submission,
)
from aigcq.store.deliveries import BREAKER_MS
from tests.integration.model import by_score
from tests.integration.model_of_outbox import Outbox

SUSPICIOUS_IN_A_ROW = 3


class Model(Outbox):
    """One queue as a whole."""

    def owns(self, delivery: Delivery) -> bool:
        task = self.tasks.get(delivery.task_id)
        same = task and (task.fence, task.consumer) == (delivery.fence, delivery.consumer)
        return bool(same) and delivery.task_id in self.leases

    def owned(self, delivery: Delivery) -> Task:
        """Return the task as it is now; a zombie gets LeaseLost, and has written nothing."""
        if not self.owns(delivery):
            raise LeaseLost(delivery.task_id)
        return self.tasks[delivery.task_id]

    def reclaim(self, consumer: str, count: int, *, expired: bool, unproven: int) -> tuple[list[Task], int]:
        """Return what is taken over, and the ms until the next lease ends or -1."""
        self._end_quarantines(count)
        taken: list[Task] = []
        over = [task_id for task_id in by_score(self.leases) if self.leases[task_id] <= self.now * expired]
        for task_id in over:
            suspect = self._deaths(task_id) >= max(1, self.settings.max_deaths - 1)
            if suspect and (taken or unproven):
                continue
            taken.append(self._take_over(task_id, consumer))
            if suspect or len(taken) == count:
                break
        return taken, max(0, min(self.leases.values()) - self.now) if self.leases else -1

    def renew(self, consumer: str, deliveries: Sequence[Delivery]) -> list[Renewal]:
        return [self._renew(consumer, delivery) for delivery in deliveries]

    def begin(self, delivery: Delivery) -> Submission | NotYet:
        task = self.owned(delivery)
        again = task.ambiguous or task.phase == Phase.SUBMITTING
        if not again and 0 < task.end_by_ms <= self.now:
            raise OverdueBeforeSending
        if task.cancel_requested and not again:
            raise CancelledBeforeSending
        if again:
            if task.sent_ms and self.now - task.sent_ms > self.settings.session_seconds * 1000:
                raise SessionExpired
            self.change(task.id, phase=Phase.SUBMITTING, ambiguous=True)
            if wait := self.bucket.take(self.now):
                return NotYet(seconds=wait / 1000)
            self.unknown_in_a_row += 1
            if self.unknown_in_a_row >= SUSPICIOUS_IN_A_ROW:
                self.breaker_until_ms = self.now + BREAKER_MS
        sent_ms = task.sent_ms or self.now
        self.change(task.id, phase=Phase.SUBMITTING, sent_ms=sent_ms)
        self.leases[task.id] = self.now + self.lease_ms
        return Submission(signed_ms=self.now, first_sent_ms=sent_ms, ambiguous=again)

    def record_submission(self, delivery: Delivery, vendor_task_id: str, law: Law) -> int:
        task = self.owned(delivery)
        known = {"phase": Phase.GENERATING, "submitted_ms": self.now, "made_ms": self.now, "ambiguous": False}
        self.change(task.id, vendor_task_id=vendor_task_id, **known)
        self.unknown_in_a_row = self.breaker_until_ms = 0
        self.hear(News.ACCEPTED, task.id, law)
        self.post(task.id, "start")
        self.tell(Event.SUBMIT, task.id)
        return self.now

    def record_progress(self, delivery: Delivery, progress: int) -> None:
        self.change(self.owned(delivery).id, progress=progress)
        self.tell(Event.PROGRESS, delivery.task_id)

    def record_waiting(self, delivery: Delivery, law: Law) -> None:
        self.hear(News.WAITING, self.owned(delivery).id, law)

    def release(self, delivery: Delivery, law: Law, ended_seconds: float, took_seconds: float | None) -> None:
        """Its duration is learnt once, and the law hears of it once, however often it is released."""
        task = self.owned(delivery)
        if task.phase != Phase.SAVING:
            self.hear(News.ENDED, task.id, law, round(ended_seconds * 1000))
        if task.phase != Phase.SAVING and task.made_ms:
            seconds = took_seconds or (self.now - task.made_ms) / 1000
            self.durations["m"] = observe(self.durations.get("m", {}), seconds)
        self.change(task.id, phase=Phase.SAVING, progress=100)
        self.tell(Event.RELEASE, task.id)

    def settle(
        self,
        delivery: Delivery,
        event: Event,
        outcome: Any,
        law: Law,
        *,
        error_code: str = "",
        quarantine_seconds: float = 0,
        news: News | None = None,
        ended_seconds: float = 0,
        cost: int = AS_ESTIMATED,
        footage: Footage = NOTHING,
    ) -> None:
        task = self.owned(delivery)
        self.pay(task.id, cost, footage)
        self.count_made(footage)
        if news:
            self.hear(news, task.id, law, round(ended_seconds * 1000))
        self.end(task.id, target(event), phase="", consumer="", error_code=error_code)
        self.unproven.discard(task.id)
        self.unanswered.pop(task.id, None)
        self.granted.pop(task.id, None)
        self.outcomes[task.id] = outcome
        if quarantine_seconds:
            self.quarantine[task.id] = self.now + round(quarantine_seconds * 1000)
        else:
            self.permits.pop(task.id, None)
        oldest = self.now - round(self.settings.result_ttl_seconds * 1000)
        self.ended = {each: at for each, at in self.ended.items() if at > oldest}
        self.dead = {each: at for each, at in self.dead.items() if at > oldest}
        self.tell(event, task.id)

    def retry(
        self, delivery: Delivery, error_code: str, law: Law, *, delay_seconds: float = 0, next_attempt: bool = False,
        tried: bool = False, news: News | None = None, ended_seconds: float = 0, unreachable: bool = False,
        charged: bool = False,
    ) -> bool:  # fmt: skip
        """Return False if a cancel wants the task ended: then only the law has heard of it."""
        task = self.owned(delivery)
        if news:
            self.hear(news, task.id, law, round(ended_seconds * 1000))
        if task.cancel_requested:
            return False
        if charged:
            self.charge(task.id)
        if next_attempt:
            self.change(task.id, attempt=task.attempt + 1, refused=False, ambiguous=False, sent_ms=0)
        elif not task.ambiguous:  # the attempt has made nothing; an unknown outcome stays unknown
            self.change(task.id, refused=True, sent_ms=0)
        self._put_back(task, error_code, round(delay_seconds * 1000), tries=task.tries + tried)
        if unreachable:
            self.unreachable()
        else:
            self.unknown_in_a_row = 0
        self.tell(Event.RETRY, task.id)
        return True

    def hand_back(self, delivery: Delivery) -> None:
        """What was sent stays with its permit, for whoever sweeps next; what was not goes back to its place."""
        task = self.owned(delivery)
        self.change(task.id, fence=task.fence + 1)
        if task.phase == Phase.CLAIMED:
            self.change(task.id, status=Status.QUEUED, phase="", consumer="")
            del self.leases[task.id]
            self._free(task.id)
            self.queue(task.id)
        else:
            self.leases[task.id] = 0
        self.tell(Event.HAND_BACK, task.id)

    def promote(self, count: int) -> int:
        due = [task_id for task_id in by_score(self.waiting) if self.waiting[task_id] <= self.now][:count]
        for task_id in due:
            del self.waiting[task_id]
            self.change(task_id, due_ms=0)
            self.queue(task_id)
            self.tell(Event.PROMOTE, task_id)
        return len(due)

    def _end_quarantines(self, count: int) -> None:
        over = [task_id for task_id in by_score(self.quarantine) if self.quarantine[task_id] <= self.now][:count]
        for task_id in over:
            del self.quarantine[task_id]
            self.permits.pop(task_id, None)
            self.tell(Event.RELEASE, task_id)

    def _deaths(self, task_id: str) -> int:
        """Return how many workers in a row have died of it: not who handed it back, and not who has beaten since."""
        deadline, consumer = self.leases[task_id], self.tasks[task_id].consumer
        died = task_id in self.unproven and deadline > 0
        return self.tasks[task_id].deaths + (died and self.workers.get(consumer, 0) <= deadline - self.lease_ms)

    def _take_over(self, task_id: str, consumer: str) -> Task:
        task, deaths = self.tasks[task_id], self._deaths(task_id)
        if task.phase != Phase.SAVING:
            self.permits.setdefault(task_id, self.now)
        self.tell(Event.RECLAIM, task_id)
        ambiguous = task.ambiguous or task.phase == Phase.SUBMITTING
        return self.give(task_id, consumer, deaths=deaths, ambiguous=ambiguous)

    def _renew(self, consumer: str, delivery: Delivery) -> Renewal:
        if not self.owns(delivery) or delivery.consumer != consumer:
            return Renewal.LOST
        task_id = delivery.task_id
        self.leases[task_id] = self.now + self.lease_ms
        if task_id in self.unproven:
            self.unproven.discard(task_id)
            self.change(task_id, deaths=0)
        return Renewal.CANCEL_REQUESTED if self.tasks[task_id].cancel_requested else Renewal.RENEWED

    def _free(self, task_id: str) -> None:
        for kept in (self.permits, self.unanswered, self.granted):
            kept.pop(task_id, None)

    def _put_back(self, task: Task, error_code: str, delay_ms: int, tries: int) -> None:
        del self.leases[task.id]
        self._free(task.id)
        self.unproven.discard(task.id)
        due_ms = self.now + delay_ms if delay_ms else 0
        gone = ("submitted_ms", "made_ms", "progress", "deaths")
        self.change(task.id, phase="", consumer="", vendor_task_id="", **dict.fromkeys(gone, 0))
        self.change(task.id, status=Status.QUEUED, error_code=error_code, tries=tries, due_ms=due_ms)
        if due_ms:
            self.waiting[task.id] = due_ms
        else:
            self.queue(task.id)
