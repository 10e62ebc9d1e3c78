"""The product's two laws: nothing of them is written here a second time."""

from __future__ import annotations

from typing import Final, Literal

from aigcq.limit import ceiling, step
from aigcq.limit import law as settings
from aigcq.limit.ceiling import Permit
from benchmarks.limit.job import Job, Refusal
from benchmarks.limit.law import EPOCH_MS, Law, Moment, milliseconds

DECREASE: Final = 2
INCREASE: Final = 1
INTERVAL_MS: Final = 60_000
HOLD_MS: Final = 2_000


class Tokens:
    """A bucket that keeps requests below the vendor's rate."""

    PER_SECOND: Final = 15
    MOST: Final = 3.0

    def __init__(self) -> None:
        self._tokens, self._filled_ms = self.MOST, EPOCH_MS

    def take(self, now_ms: int) -> bool:
        """Take a token if there is one."""
        self._tokens = min(self.MOST, self._tokens + (now_ms - self._filled_ms) * self.PER_SECOND / 1000)
        self._filled_ms = now_ms
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class Ours(Law):
    """What both laws get of the scenario: the operator's settings, else the defaults."""

    policy: Literal["ceiling", "step"]

    @property
    def settings(self) -> settings.Law:
        return settings.Law(
            policy=self.policy, default=self.scenario.default, minimum=self.minimum, maximum=self.maximum,
            decrease=DECREASE, increase=INCREASE, interval_ms=INTERVAL_MS, hold_ms=HOLD_MS,
        )  # fmt: skip


class Step(Ours):
    """`aigcq.limit.step`, the base specification's; what is refused is requeued."""

    policy = "step"

    def begin(self) -> None:
        self._law = self.settings
        self._state = step.State(threshold=self._law.default, quiet_ms=EPOCH_MS)

    @property
    def threshold(self) -> int:
        return self._state.threshold

    def grant(self, moment: Moment) -> Permit | None:
        self._state = step.recover(self._state, self._law, moment.ms)
        granted, _ = step.grant(self._state, self._law, moment.live, moment.ms)
        return self.permit(moment) if granted else None

    def refused(self, moment: Moment, job: Job) -> None:
        self._state = step.refused(self._state, self._law, moment.ms, job.permit.granted_ms)


class Ceiling(Ours):
    """`aigcq.limit.ceiling`, behind the token bucket that is the law's companion for the request rate."""

    policy = "ceiling"

    def begin(self) -> None:
        self._law = self.settings
        self._tokens = Tokens()
        self.state = ceiling.State.start(self._law, EPOCH_MS)

    @property
    def threshold(self) -> int:
        return self.state.threshold

    def grant(self, moment: Moment) -> Permit | None:
        state, permit, _ = ceiling.grant(self.state, self._law, moment.live, moment.pending, moment.ms)
        if permit is None or not self._tokens.take(moment.ms):
            return None
        self.state = state
        return permit

    def accepted(self, moment: Moment, job: Job) -> None:
        self.state = ceiling.accepted(self.state, self._law, moment.live, moment.pending, moment.ms)

    def refused(self, moment: Moment, job: Job) -> None:
        if job.refusal is Refusal.RATE:
            self.state = ceiling.rate_limited(self.state, moment.ms)
        else:
            self.state = ceiling.refused(self.state, self._law, job.permit, moment.live, moment.ms)

    def failed(self, moment: Moment, job: Job) -> None:
        live, pending = moment.live, moment.pending
        self.state = ceiling.failed(self.state, self._law, job.permit, live, pending, moment.ms)

    def waiting(self, moment: Moment, job: Job) -> None:
        self.state = ceiling.waiting(self.state, self._law, job.permit, moment.ms)

    def ended(self, moment: Moment, job: Job) -> None:
        finished_ms = milliseconds(job.finished_at)
        self.state = ceiling.ended(self.state, self._law, job.permit, finished_ms, moment.ms)
