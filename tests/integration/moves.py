"""What may happen to the queue of the model check."""

from __future__ import annotations

import os
from typing import Any

from hypothesis import HealthCheck, Phase
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from aigcq.limit import News
from aigcq.model import Event, Status

FULL = os.environ.get("AIGCQ_FULL") == "1"
EXAMPLES = 1000 if FULL else 100
STEPS = 60

PROFILE = hypothesis_settings(
    max_examples=EXAMPLES, stateful_step_count=STEPS, derandomize=not FULL, database=None, deadline=None,
    suppress_health_check=list(HealthCheck), phases=[Phase.generate, Phase.shrink], print_blob=True,
)  # fmt: skip

LAWS: list[dict[str, Any]] = [
    {},
    {"max_threshold": 2},
    {"min_threshold": 5},
    {"recovery_interval": 30, "threshold_increase": 3},
    {"limit_policy": "ceiling"},
    {"limit_policy": "step"},
]
ENDS: list[tuple[Event, dict[str, Any]]] = [
    (Event.SUCCEED, {}),
    (Event.FAIL, {"error_code": "vendor_rejected"}),
    (Event.FAIL, {"error_code": "vendor_failed", "news": News.ENDED, "ended_seconds": 5}),
    (Event.FAIL, {"error_code": "vendor_throttled", "news": News.REFUSED}),
    (Event.FAIL, {"error_code": "submission_unknown", "quarantine_seconds": 90}),
    (Event.ABORT, {}),
]
RETRIES: list[dict[str, Any]] = [
    {},
    {"next_attempt": True},
    {"news": News.REFUSED},
    {"news": News.RATE_LIMITED},
    {"news": News.FAILED, "next_attempt": True},
    {"delay_seconds": 30, "tried": True},
    {"delay_seconds": 100, "tried": True, "next_attempt": True},
    {"unreachable": True},
    {"charged": True, "next_attempt": True},
]
STEPS_OF_ONE = [
    "begin_submission", "begin_submission", "record_submission", "record_waiting", "release", "settle", "retry",
    "hand_back", "cancel", "requeue", "claim",
]  # fmt: skip
CHORES = ["repair", "pause", "pause", "resume", "resume", "beat"]
SCATTER = 0x9E3779B97F4A7C15F39CC0605CEDC835
TENS = st.sampled_from([10, 10, 20, 30, 60, 60, 100, 300])
COUNTS = st.integers(1, 4)
DELIVERIES = st.one_of(
    st.runner().flatmap(lambda machine: st.sampled_from(machine.current() or machine.given)),
    st.runner().flatmap(lambda machine: st.sampled_from(machine.given)),
)
"""Current ones and, as often, any: most of those are stale."""
TASKS = st.runner().flatmap(lambda machine: st.sampled_from(machine.task_ids))
FAILED = st.runner().flatmap(lambda machine: st.sampled_from(machine.having(Status.FAILED) or machine.task_ids))
RUNNING = st.runner().flatmap(lambda machine: st.sampled_from(machine.having(Status.PROCESSING) or machine.task_ids))
"""As far as there are any."""
KEYS = st.sampled_from(["", "k1", "k2"])
