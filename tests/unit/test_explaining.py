"""A task's whereabouts in one paragraph: each reason is told where it is the reason, and only there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from aigcq.cli.explaining import Known, _span, explained
from aigcq.config import Settings
from aigcq.diagnosis import Seen, findings
from aigcq.model import Status, Task
from aigcq.schemas import Eta
from aigcq.store.control import Overview
from aigcq.store.tasks import View
from aigcq.tenant import Tenant

NOW = 1_800_000_000_000
ID = "550e8400-e29b-41d4-a716-446655440000"
QUIET = Overview(
    now_ms=NOW, queued=9, waiting=0, processing=2, live=4, threshold=4, maximum=12, paused="", paused_by="",
    workers={"w": NOW}, vendor={"flowing_ms": str(NOW)},
)  # fmt: skip


def said(task: dict[str, Any], position: int | None = 0, outcome: Any = None, overview: Any = None, **more: Any) -> str:
    made = Task(id=ID, **{"status": Status.QUEUED, "model": "Kling-2.1", "created_ms": NOW - 200_000} | task)
    seen = replace(QUIET, **overview or {})
    found = findings(Seen(overview=seen), Settings())
    view = View(task=made, position=position, outcome=outcome)
    return explained(Known(view=view, overview=seen, findings=found, settings=Settings(), **more))


RUNNING = {"status": Status.PROCESSING, "consumer": "w", "phase": "generating", "vendor_task_id": "V-1"}
SENDING = RUNNING | {"phase": "submitting"}
FAILED = {"status": Status.FAILED, "ended_ms": NOW, "error_code": "vendor_rejected"}
CAPPED = Tenant(name="red", max_live=2)
CASES: list[tuple[str, str, list[str]]] = [
    ("who is before it", said({}, 7, ahead=["a", "b"]), ["position 7: 6 tasks are before it", "of which is b."]),
    ("no room", said({}, 2), ["4 videos run, and 4 may (what the vendor takes at once)", "when 2 of them have ended"]),
    ("our own limit", said({}, 1, overview={"maximum": 4}), ["(MAX_THRESHOLD=4)", "when 1 of them has ended"]),
    ("room", said({}, 1, overview={"live": 1}), ["nobody is before it", "There is room (1 of 4 run)"]),
    ("a pause", said({}, 1, overview={"paused": "lunch", "paused_by": "operator"}), ["paused the queue: lunch. Let"]),
    ("no worker", said({}, 1, overview={"workers": {}}), ["No worker is alive; 11 tasks wait"]),
    ("a wrong key", said({}, 1, overview={"paused": "AuthFailure", "paused_by": "vendor"}), ["AuthFailure. Look at"]),
    ("its model", said({}, 1, overview={"model_limits": {"Kling": 1}, "passed": True}), ["takes 1 of Kling at once"]),
    ("its tenant", said({"tenant": "red"}, 1, tenant=CAPPED, tenant_live=2), ["tenant red", "2 of its 2 videos run"]),
    ("a tenant below its cap", said({}, 1, tenant=CAPPED, tenant_live=1), ["There is no room"]),
    ("a refusal", said({}, 1, overview={"state": {"hold_until_ms": str(NOW + 5000)}}), ["submitted for another 5 s"]),
    ("a retry", said({"due_ms": NOW + 4000, "error_code": "vendor_failed", "tries": 2}, None),
     ["(in 4 s) after the last try ended with `vendor_failed`", "in vain 2 times, last with `vendor_failed`"]),
    ("not before", said({"due_ms": NOW + 90_000}, None), ["(in 1 min 30 s) because its client asked so"]),
    ("throttled before", said({"error_code": "vendor_throttled"}, 1), ["put back after `vendor_throttled`"]),
    ("it is sent", said(SENDING), ["Worker w is about to send it"]),
    ("in doubt", said(SENDING | {"ambiguous": True}), [f"same SessionId ({ID.replace('-', '')}:1)", "paid twice"]),
    ("it is made", said(RUNNING | {"submitted_ms": NOW - 61_000, "progress": 40}),
     ["for 1 min 1 s (V-1) and said 40 %"]),
    ("a dead worker", said(RUNNING | {"consumer": "x"}), ["not alive any more"]),
    ("it is to end", said(RUNNING | {"cancel_requested": True}), ["Its client wants it to end"]),
    ("it is copied", said(RUNNING | {"phase": "saving"}), ["made the video (V-1); Worker w is copying"]),
    ("a full disk", said(RUNNING | {"phase": "saving"}, overview={"vendor": {"storage_free": "1"}}), ["no room left"]),
    ("kept", said({"status": Status.COMPLETED, "ended_ms": NOW}, outcome={"stored": {"bytes": 1}}),
     ["3 min 20 s after"]),
    ("failed", said(FAILED, outcome={"message": "no.", "advice": "Ask."}), ["`vendor_rejected`: no. Ask.", "requeue"]),
    ("cancelled", said({"status": Status.CANCELLED, "ended_ms": NOW}), ["It was cancelled at 2027-01-15"]),
    ("an attempt", said({"attempt": 2, "deaths": 1}, 1), ["attempt 2", "1 worker has died"]),
    ("when", said({}, 1, eta=Eta(p50_seconds=75, p90_seconds=3700)), ["in 1 min 15 s with", "in 1 h 1 min nine times"]),
    ("unknown when", said({}, 1, eta=Eta(reason="not_measured")), ["too few videos of its model"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "parts"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_each_reason_is_told(text: str, parts: list[str]) -> None:
    for part in parts:
        assert part in text
    assert "\n" not in text
    assert ".." not in text


def test_where_something_is_wrong_no_limit_is_blamed() -> None:
    text = said({}, 3, overview={"workers": {}})

    assert "There is no room" not in text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (59, "59 s"), (60, "1 min"), (90_000, "1 d 1 h"), (-3, "0 s")]
)
def test_a_time_is_told_as_people_say_it(seconds: int, text: str) -> None:
    assert _span(seconds) == text
