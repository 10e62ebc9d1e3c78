"""Laws to compare with: one that knows, and four that are published, with the vendor task for a request."""

from __future__ import annotations

import math
from typing import Final

from aigcq.limit.ceiling import Permit
from benchmarks.limit.job import Job
from benchmarks.limit.law import Law, Moment


class Oracle(Law):
    """Knows the quota, the outsider and the storms, and keeps well below the vendor's request rate."""

    MOST_OF_THE_RATE: Final = 0.6

    def begin(self) -> None:
        self._second, self._sent = -1, 0

    @property
    def threshold(self) -> int:
        return self.vendor.free_for_us

    def grant(self, moment: Moment) -> Permit | None:
        if self.vendor.storm or moment.live >= self.threshold:
            return None
        if int(moment.now) != self._second:
            self._second, self._sent = int(moment.now), 0
        if self._sent >= self.scenario.requests_per_second * self.MOST_OF_THE_RATE:
            return None
        self._sent += 1
        return self.permit(moment)


class Netflix(Law):
    """Netflix concurrency-limits, AIMDLimit: a tenth less per refusal, one more per success while half is in use."""

    BACKOFF: Final = 0.9

    def refused(self, moment: Moment, job: Job) -> None:
        self.level = self.bounded(int(self.level * self.BACKOFF))

    def ended(self, moment: Moment, job: Job) -> None:
        if job.flying * 2 >= self.level:
            self.level = self.bounded(self.level + 1)


class Aws(Law):
    """The AWS SDKs' adaptive retry: a bucket of tokens for requests, its rate after CUBIC; no limit of what is live."""

    SMOOTH: Final = 0.8
    BETA: Final = 0.7
    SCALE: Final = 0.4
    SLOWEST: Final = 0.5
    """Requests per second."""

    def begin(self) -> None:
        self._throttled = False
        self._rate = self._tokens = self._filled_at = 0.0
        self._highest_rate = self._flat_after = self._cut_at = 0.0
        self._measured, self._measured_at, self._answers = 0.0, 0.0, 0

    @property
    def threshold(self) -> None:
        return None

    def grant(self, moment: Moment) -> Permit | None:
        if moment.live >= self.maximum:
            return None
        if self._throttled:
            self._fill(moment.now)
            if self._tokens < 1:
                return None
            self._tokens -= 1
        return self.permit(moment)

    def accepted(self, moment: Moment, job: Job) -> None:
        self._measure(moment.now)
        rate = self.SCALE * (moment.now - self._cut_at - self._flat_after) ** 3 + self._highest_rate
        self._set_rate(moment.now, rate)

    def refused(self, moment: Moment, job: Job) -> None:
        self._measure(moment.now)
        rate = min(self._measured, self._rate) if self._throttled else self._measured
        self._highest_rate, self._cut_at, self._throttled = rate, moment.now, True
        self._flat_after = (rate * (1 - self.BETA) / self.SCALE) ** (1 / 3)
        self._set_rate(moment.now, rate * self.BETA)

    def _measure(self, now: float) -> None:
        bucket = math.floor(now * 2) / 2
        self._answers += 1
        if bucket > self._measured_at:
            rate = self._answers / (bucket - self._measured_at)
            self._measured = self.SMOOTH * rate + (1 - self.SMOOTH) * self._measured
            self._measured_at, self._answers = bucket, 0

    def _set_rate(self, now: float, rate: float) -> None:
        self._fill(now)
        self._rate = max(self.SLOWEST, min(rate, 2 * self._measured))

    def _fill(self, now: float) -> None:
        self._tokens = min(max(1.0, self._rate), self._tokens + (now - self._filled_at) * self._rate)
        self._filled_at = now


class Cubic(Law):
    """CUBIC for concurrency: after a refusal 0.7 of the window, then a cubic curve past its last peak, in minutes."""

    BETA: Final = 0.7
    SCALE: Final = 0.4
    UNIT_SECONDS: Final = 60.0
    HOLD_SECONDS: Final = 2.0

    def begin(self) -> None:
        self._window, self._peak, self._flat_after = float(self.level), 0.0, 0.0
        self._cut_at: float | None = None
        self._hold_until = -1.0

    def grant(self, moment: Moment) -> Permit | None:
        if self._cut_at is not None and moment.live >= self.level:
            units = (moment.now - self._cut_at) / self.UNIT_SECONDS
            curve = self.SCALE * (units - self._flat_after) ** 3 + self._peak
            self._window = max(self._window, min(curve, self.maximum, moment.live + 1))
            self.level = self.bounded(int(self._window))
        return None if moment.now < self._hold_until else super().grant(moment)

    def refused(self, moment: Moment, job: Job) -> None:
        if job.permit.epoch != self.epoch:
            return
        self.epoch += 1
        self._hold_until = moment.now + self.HOLD_SECONDS
        window = float(self.level)
        self._peak = window if window >= self._peak else window * (1 + self.BETA) / 2
        self._window = max(self.minimum, window * self.BETA)
        self.level = self.bounded(int(self._window))
        self._flat_after = (max(0.0, self._peak - self._window) / self.SCALE) ** (1 / 3)
        self._cut_at = moment.now

    def ended(self, moment: Moment, job: Job) -> None:
        if self._cut_at is None and job.flying * 2 >= self.level:  # slow start
            self.level = self.bounded(self.level + 1)
            self._window = self.level


class Bbr(Law):
    """BBR's `inflight_hi`: cruise below it, each minute go up by 1, 2, 4… until something is refused."""

    HEADROOM: Final = 0.15
    CRUISE_SECONDS: Final = 60.0
    ROUND_SECONDS: Final = 4.0
    BETA: Final = 0.7

    def begin(self) -> None:
        self._high = float(self.level)
        self._cruising, self._since, self._step = True, 0.0, 1
        self.level = self._cruise()

    def grant(self, moment: Moment) -> Permit | None:
        waited = moment.now - self._since
        if self._cruising and self._high < self.maximum and waited >= self.CRUISE_SECONDS:
            self._cruising, self._since, self._step = False, moment.now, 1
            self.level = self.bounded(int(self._high))
        elif not self._cruising and waited >= self.ROUND_SECONDS and moment.live >= self.level:
            self._high = min(self.maximum, self._high + self._step)
            self._since, self._step = moment.now, self._step * 2
            self.level = self.bounded(int(self._high))
        return super().grant(moment)

    def refused(self, moment: Moment, job: Job) -> None:
        if job.permit.epoch != self.epoch:
            return
        self.epoch += 1
        self._high = max(moment.flying, self.BETA * self._high, self.minimum)
        self._cruising, self._since = True, moment.now
        self.level = self._cruise()

    def _cruise(self) -> int:
        if self._high >= self.maximum:
            return self.maximum
        return self.bounded(int(self._high * (1 - self.HEADROOM)))
