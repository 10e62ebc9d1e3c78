"""How many videos may run at once, and how that adapts."""

from __future__ import annotations

from typing import Literal

from aigcq.config.group import Group, Positive, Threshold, named


class LimitSettings(Group):
    """How many videos may run at once, and how that adapts."""

    default_threshold: Threshold = named("DEFAULT_THRESHOLD", 12)
    """How many videos may run at once before anything is known of the account."""
    max_threshold: Threshold = named("MAX_THRESHOLD", 12)
    """The most that may ever run at once."""
    min_threshold: Threshold = named("MIN_THRESHOLD", 2)
    """The threshold never falls below this; with `ceiling` it may fall to 1 unless this is set."""
    threshold_decrease: Threshold = named("THRESHOLD_DECREASE", 2)
    """`step`: how far the threshold falls when the vendor answers RequestLimitExceeded."""
    threshold_increase: Threshold = named("THRESHOLD_INCREASE", 1)
    """How far it rises at once: `step` after each quiet RECOVERY_INTERVAL, `ceiling` with each probe that holds."""
    recovery_interval: Positive = named("RECOVERY_INTERVAL", 60)
    """Seconds: `step` raises the threshold after so long without an error, `ceiling` probes at most so often."""
    rate_limit_action: Literal["requeue", "fail"] = named("RATE_LIMIT_ACTION", "requeue")
    """`requeue`: a throttled task keeps its place and runs later. `fail`: it fails, as first specified."""
    limit_policy: Literal["ceiling", "step"] = "ceiling"
    """Which law adapts the threshold: `ceiling` finds the vendor's own limit, `step` is as first specified."""
    hold_seconds: Positive = 2.0
    """`step`: after a refusal nothing is submitted for this long."""
