"""What the operator has set of the concurrency limit."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Self

from aigcq.config import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Law:
    """What the operator has set; the law never leaves [minimum, maximum]."""

    default: int
    minimum: int
    maximum: int
    decrease: int
    increase: int
    interval_ms: int
    """Quiet time before each rise."""
    hold_ms: int
    """After a refusal nothing is granted for this long, so that no threshold can make a hot loop."""

    @classmethod
    def of(cls, settings: Settings) -> Self:
        maximum = settings.max_threshold
        minimum = min(settings.min_threshold, maximum)
        return cls(
            default=max(minimum, min(settings.default_threshold, maximum)),
            minimum=minimum,
            maximum=maximum,
            decrease=settings.threshold_decrease,
            increase=settings.threshold_increase,
            interval_ms=max(1, round(settings.recovery_interval * 1000)),
            hold_ms=round(settings.hold_seconds * 1000),
        )

    def to_json(self) -> str:
        return json.dumps(asdict(self), separators=(",", ":"))
