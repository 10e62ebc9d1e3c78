"""Decides, when a task is accepted, how it will end and when."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from typing import Any, Final

from aigcq.simulator.capabilities import Model, breaks_the_rules, seconds_asked, why_not
from aigcq.simulator.settings import SimulatorSettings
from aigcq.simulator.task import Fate

FAST_FAILURE_SECONDS: Final = (4.0, 8.0)
OVER_LIMIT_SECONDS: Final = (1.0, 8.0)
_SPREAD: Final = 0.25
"""Sigma of the latencies' lognormal: the observed ones lie within a factor of two of their median."""

OVER_LIMIT: Final = (
    "RequestLimitExceeded",
    "CreateAigcVideoTask process return rsp err:"
    "{RequestLimitExceeded GenerateVideo task reached the maximum concurrency}",
)
_MESSAGES: Final[Mapping[str, str]] = {
    "RequestLimitExceeded": OVER_LIMIT[1],
    "InvalidParameter.VoilationContent": "Input Prompt violates policy",
    "ContentModerationFailed": "content blocked by moderation",
    "FailedOperation": "model task backlog",
    "TaskTimeout": "task time out.",
    "InternalError": "JsonDecode response failed",
}


class Oracle:
    """Draws fates; the n-th task of a seed always meets the same one."""

    def __init__(self, settings: SimulatorSettings, ordinal: int) -> None:
        self._settings = settings
        self._random = random.Random(f"{settings.seed}/task/{ordinal}")

    def fate(self, model: Model, params: Mapping[str, Any], injected: str | None) -> Fate:
        """Return the fate of a task that has a permit; `injected` is the ErrCodeExt of a fault, if one struck."""
        if injected:
            return self._failure(FAST_FAILURE_SECONDS, injected, _MESSAGES.get(injected, "fail"))
        if breaks_the_rules(params):
            code = "InvalidParameter.VoilationContent"  # the vendor spells it so
            return self._failure(FAST_FAILURE_SECONDS, code, _MESSAGES[code])
        if complaint := why_not(model, params):
            return self._failure(FAST_FAILURE_SECONDS, "InternalError", complaint)
        return Fate(self._rendering(model, seconds_asked(model, params)))

    def over_the_limit(self) -> Fate:
        """Return the fate of a task beyond the concurrency."""
        return self._failure(OVER_LIMIT_SECONDS, *OVER_LIMIT)

    def _rendering(self, model: Model, video_seconds: float) -> float:
        if self._settings.latency is not None:
            return self._random.uniform(*self._settings.latency)
        median = model.latency * video_seconds / 5
        return self._random.lognormvariate(math.log(median), _SPREAD) / self._settings.speed

    def _failure(self, span: tuple[float, float], code: str, message: str) -> Fate:
        seconds = self._random.uniform(*span) / self._settings.speed
        if self._settings.latency is not None:
            seconds = min(seconds, self._settings.latency[1])
        return Fate(seconds, code, message)
