"""What the operator has set of the concurrency limit, and what the vendor may say of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Literal, NamedTuple, Self

from aigcq.config import Settings


class News(StrEnum):
    """What a law must hear of a permit."""

    ACCEPTED = "accepted"
    """The vendor took the task."""
    REFUSED = "refused"
    """The vendor refused the submission because too many are live; nothing was created."""
    RATE_LIMITED = "rate_limited"
    """The vendor refused it because too many calls came in one second."""
    FAILED = "failed"
    """The vendor had accepted the task, and failed it because too many are live."""
    WAITING = "waiting"
    """The vendor had accepted the task, and lets it wait for a slot instead of running it."""
    ENDED = "ended"
    """The vendor task is over, for any other reason."""


class Bounds(NamedTuple):
    """What an operator has set at run time; None: the settings decide."""

    minimum: int | None = None
    maximum: int | None = None

    @classmethod
    def from_record(cls, record: Mapping[str, str]) -> Self:
        """Read them of the hash `limit`."""
        return cls(*(int(record[name]) if record.get(name) else None for name in cls._fields))


@dataclass(frozen=True, slots=True, kw_only=True)
class Law:
    """What the operator has set; the law never leaves [minimum, maximum]."""

    policy: Literal["ceiling", "step"]
    default: int
    minimum: int
    maximum: int
    decrease: int
    increase: int
    interval_ms: int
    """RECOVERY_INTERVAL."""
    hold_ms: int
    """`step`: after a refusal nothing is granted for this long, so that no threshold can make a hot loop."""

    @classmethod
    def of(cls, settings: Settings) -> Self:
        maximum = settings.max_threshold
        # Many accounts may run one video only: `ceiling` finds that out, unless it was told better.
        told = settings.limit_policy == "step" or "min_threshold" in settings.model_fields_set
        minimum = min(settings.min_threshold if told else 1, maximum)
        return cls(
            policy=settings.limit_policy,
            default=max(minimum, min(settings.default_threshold, maximum)),
            minimum=minimum,
            maximum=maximum,
            decrease=settings.threshold_decrease,
            increase=settings.threshold_increase,
            interval_ms=max(1, round(settings.recovery_interval * 1000)),
            hold_ms=round(settings.hold_seconds * 1000),
        )

    def within(self, bounds: Bounds) -> Self:
        """Return the law with the bounds that an operator has set at run time, which hold over the settings."""
        maximum = bounds.maximum or max(self.maximum, bounds.minimum or 0)
        minimum = min(bounds.minimum or self.minimum, maximum)
        return replace(self, minimum=minimum, maximum=maximum, default=max(minimum, min(self.default, maximum)))

    def to_json(self) -> str:
        return json.dumps(asdict(self), separators=(",", ":"))
