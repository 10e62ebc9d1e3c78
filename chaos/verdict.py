"""The books: what clients were promised against what the vendor and Redis say."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from chaos.load import Promises
from chaos.watch import Watch

ENDED = ("completed", "failed", "cancelled")
MISSING = "missing"
"""What a task is that was acknowledged and that the API does not know any more."""

Tasks = Mapping[str, dict[str, Any]]
"""What `GET /aigc/status/{task_id}` said after the drain, by task id."""
Jobs = Mapping[str, Sequence[dict[str, Any]]]
"""The rows of the vendor's ledger, by task id."""


@dataclass(frozen=True, slots=True)
class Check:
    """One rule, and every case that broke it."""

    rule: str
    broken: Sequence[str]


def checks(
    promises: Promises,
    tasks: Tasks,
    ledger: dict[str, Any],
    watch: Watch,
    *,
    lease_seconds: float,
    fsync: str,
    excused: Set[str] = frozenset(),
) -> list[Check]:
    """Return every rule with what broke it.

    With `fsync` "everysec" a crash of Redis may take acknowledged writes with it: those are counted
    and not judged (see `missing`). `excused` are tasks that a fault of the release before has ended.
    """
    jobs = defaultdict(list)
    for job in ledger["tasks"]:
        jobs[job["SessionContext"]].append(job)
    known = set(promises.acknowledged.values())
    judged = known - (missing(tasks) if fsync == "everysec" else set()) - excused
    return [
        Check("every create was answered in the end", sorted(promises.unanswered)),
        Check("no promise to a client was broken at once", promises.broken),
        Check("none lost: every acknowledged task has ended", _not_ended(judged, tasks)),
        Check("none invented: every vendor task belongs to a task", sorted(set(jobs) - known)),
        Check("none failed but those that kill their workers", _failed(judged - promises.toxic, tasks)),
        Check("those that kill their workers are poisoned, and never sent", _unpoisoned(promises, tasks, jobs)),
        Check("completed means made once, cancelled means at most once", _not_paid_once(judged, tasks, jobs)),
        Check("no task had two live vendor tasks", [each for each in known if _overlap(jobs[each], ledger["now_ms"])]),
        Check("no SessionId was accepted twice", [each for each, count in ledger["sessions"].items() if count > 1]),
        Check("the vendor never had more than the account allows", ["over"] * ledger["over_the_limit"]),
        Check("a cancel that said cancelled was kept", _broken_cancels(promises, tasks, jobs)),
        Check("no permit was granted beyond the threshold", watch.grants_over_the_threshold()),
        Check("no write of a zombie was accepted", watch.writes_of_zombies()),
        Check("nothing was found broken and had to be mended", watch.alarms()),
        Check("no delivery was taken away before its lease could end", watch.leases_cut_short(lease_seconds)),
    ]


def missing(tasks: Tasks) -> set[str]:
    """Return the tasks that were acknowledged and are gone."""
    return {task_id for task_id, task in tasks.items() if task.get("status") == MISSING}


def _not_ended(known: set[str], tasks: Tasks) -> list[str]:
    return [
        f"{each} is {tasks[each].get('status')}" for each in sorted(known) if tasks[each].get("status") not in ENDED
    ]


def _failed(known: set[str], tasks: Tasks) -> list[str]:
    return [f"{each}: {tasks[each]['error']}" for each in sorted(known) if tasks[each].get("status") == "failed"]


def _unpoisoned(promises: Promises, tasks: Tasks, jobs: Jobs) -> list[str]:
    found = []
    for each in sorted(promises.toxic):
        code = (tasks[each].get("error") or {}).get("code")
        if code != "poisoned" or jobs[each]:
            found.append(f"{each} is {tasks[each].get('status')}, {code}, with {len(jobs[each])} vendor tasks")
    return found


def _not_paid_once(known: set[str], tasks: Tasks, jobs: Jobs) -> list[str]:
    found = []
    for task_id in sorted(known):
        made = sum(job["outcome"] == "succeeded" for job in jobs.get(task_id, ()))
        status = tasks[task_id].get("status")
        if made > 1 or (status == "completed") != (made == 1 and status != "cancelled"):
            found.append(f"{task_id} is {status} and was made {made} times")
    return found


def _overlap(jobs: Sequence[dict[str, Any]], now_ms: int) -> bool:
    spans = sorted((job["created_ms"], job["finish_ms"] or now_ms) for job in jobs)
    return any(end > start for (_, end), (start, _) in itertools.pairwise(spans))


def _broken_cancels(promises: Promises, tasks: Tasks, jobs: Jobs) -> list[str]:
    return [
        f"{task_id} was {answer}, is {tasks[task_id].get('status')}"
        for task_id, answer in promises.cancels.items()
        if answer == "cancelled"
        and (tasks[task_id].get("status") != "cancelled" or any(job["outcome"] == "succeeded" for job in jobs[task_id]))
    ]
