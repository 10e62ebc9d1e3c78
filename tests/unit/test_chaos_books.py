"""The laboratory's rules: for each there is a history that breaks it, and one that keeps them all."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest

from aigcq.clock import SystemClock
from aigcq.store.keys import Keys
from chaos.load import Promises
from chaos.pause import broken_orders
from chaos.plan import from_json, plan, to_json
from chaos.plot import svg
from chaos.verdict import Check, checks
from chaos.watch import Seen, Watch

LEASE = 3.0
DONE = {"status": "completed"}
POISONED = {"status": "failed", "error": {"code": "poisoned"}}


def job(task_id: str, outcome: str = "succeeded", created_ms: int = 0, finish_ms: int | None = 100) -> dict[str, Any]:
    return {"SessionContext": task_id, "outcome": outcome, "created_ms": created_ms, "finish_ms": finish_ms}


def seen(*events: dict[str, Any]) -> Watch:
    watch = Watch(client=None, keys=Keys("q"), clock=SystemClock())  # type: ignore[arg-type]  # it reads nothing here
    watch.seen = [Seen(int(event.pop("ms")), {name: str(value) for name, value in event.items()}) for event in events]
    return watch


def books(**what: Any) -> list[str]:
    """Return the rules that are broken; by default one task was made once, as promised."""
    promises = Promises(acknowledged={"k": "a"})
    for name in ("acknowledged", "unanswered", "broken", "cancels", "toxic"):
        setattr(promises, name, what.get(name, getattr(promises, name)))
    ledger = {"now_ms": 1000, "tasks": what.get("jobs", [job("a")]), "sessions": what.get("sessions", {"a:1": 1})}
    ledger["over_the_limit"] = what.get("over", 0)
    tasks = what.get("tasks", {"a": DONE})
    found: list[Check] = checks(
        promises, tasks, ledger, seen(*what.get("events", ())),
        lease_seconds=LEASE, fsync=what.get("fsync", "always"), excused=what.get("excused", frozenset()),
    )  # fmt: skip
    return [check.rule for check in found if check.broken]


def claim(ms: int, fence: int, live: int = 0) -> dict[str, Any]:
    return {"ms": ms, "event": "claim", "task": "a", "fence": fence, "live": live, "threshold": 4}


def reclaim(ms: int, fence: int) -> dict[str, Any]:
    return {"ms": ms, "event": "reclaim", "task": "a", "fence": fence}


BROKEN: dict[str, dict[str, Any]] = {
    "every create was answered in the end": {"unanswered": {"k2"}},
    "no promise to a client was broken at once": {"broken": ["another id for the same key"]},
    "none lost: every acknowledged task has ended": {"tasks": {"a": {"status": "missing"}}, "jobs": []},
    "none invented: every vendor task belongs to a task": {"jobs": [job("a"), job("stranger")]},
    "none failed but those that kill their workers": {"tasks": {"a": POISONED}, "jobs": []},
    "those that kill their workers are poisoned, and never sent": {"toxic": {"a"}},
    "completed means made once, cancelled means at most once": {"jobs": [job("a"), job("a", created_ms=500)]},
    "no task had two live vendor tasks": {"jobs": [job("a", "failed", finish_ms=None), job("a", created_ms=50)]},
    "no SessionId was accepted twice": {"sessions": {"a:1": 2}},
    "the vendor never had more than the account allows": {"over": 1},
    "a cancel that said cancelled was kept": {"cancels": {"a": "cancelled"}},
    "no permit was granted beyond the threshold": {"events": [claim(0, 1, live=4)]},
    "no write of a zombie was accepted": {
        "events": [claim(0, 1), reclaim(3000, 2), {"ms": 3100, "event": "succeed", "task": "a", "fence": 1}]
    },
    "nothing was found broken and had to be mended": {
        "events": [{"ms": 0, "event": "alarm", "task": "", "cause": "x"}]
    },
    "no delivery was taken away before its lease could end": {"events": [claim(0, 1), reclaim(2999, 2)]},
}


def test_books_that_balance_break_no_rule() -> None:
    events = [claim(0, 1, live=3), reclaim(3000, 2), {"ms": 3100, "event": "succeed", "task": "a", "fence": 2}]

    assert books(events=events) == []


@pytest.mark.parametrize("rule", BROKEN)
def test_each_rule_can_be_broken(rule: str) -> None:
    assert rule in books(**BROKEN[rule])


def test_every_rule_is_tried() -> None:
    watch = seen()
    ledger = {"now_ms": 0, "tasks": [], "sessions": {}, "over_the_limit": 0}

    assert {check.rule for check in checks(Promises(), {}, ledger, watch, lease_seconds=1, fsync="always")} == set(
        BROKEN
    )


def test_what_a_crash_of_redis_may_take_with_it_is_not_judged_with_everysec() -> None:
    assert books(tasks={"a": {"status": "missing"}}, fsync="everysec") == []


def test_what_a_fault_of_the_release_before_has_ended_is_not_judged() -> None:
    tasks = {"a": {"status": "failed", "error": {"code": "internal"}}}

    assert books(tasks=tasks, excused={"a"}) == []
    assert books(tasks=tasks) != []


def test_what_was_handed_back_may_be_taken_over_at_once() -> None:
    events = [claim(0, 1), {"ms": 10, "event": "hand_back", "task": "a", "fence": 2}, reclaim(20, 3)]

    assert books(events=events) == []


@pytest.mark.parametrize(("ran", "broken"), [("abc", 0), ("ac", 0), ("bac", 1), ("cab", 1), ("cba", 2)])
def test_what_was_told_to_be_first_must_run_first(ran: str, broken: int) -> None:
    events = seen(*({"ms": 10, "event": "claim", "task": task_id} for task_id in ran)).seen

    assert len(broken_orders([(5, ["a", "b", "c"])], events)) == broken


def test_only_the_first_claim_after_a_pause_point_counts() -> None:
    order = [{"ms": 1, "event": "claim", "task": "b"}] + [
        {"ms": 10, "event": "claim", "task": task_id} for task_id in "aba"
    ]

    assert broken_orders([(5, ["a", "b"])], seen(*order).seen) == []


def test_a_seed_is_a_plan_and_a_history_brings_it_back() -> None:
    steps = plan(7, 60)

    assert steps == plan(7, 60) == from_json(to_json(steps))
    assert steps != plan(8, 60)
    assert [step.at for step in steps] == sorted(step.at for step in steps)
    assert 20 < len(steps) < 80


def test_the_picture_of_a_run_marks_every_fault_on_it() -> None:
    events = seen(claim(0, 1), {"ms": 900, "event": "succeed", "task": "a"}).seen
    struck = [{"ms": 100, "fault": "kill_worker", "victim": "worker-1"}, {"ms": 5000, "fault": "x", "victim": "late"}]

    drawn = ElementTree.fromstring(svg(events, struck, "one"))

    marks = [line.findtext("{*}title") for line in drawn.iter("{http://www.w3.org/2000/svg}line")]
    assert marks == ["kill_worker worker-1", "x late"]


def test_a_probe_may_be_one_beyond_the_threshold():
    probe = {"permit": "p:0:5"}

    assert books(events=[claim(0, 1, live=4) | probe]) == []
    assert books(events=[claim(0, 1, live=5) | probe]) == ["no permit was granted beyond the threshold"]
