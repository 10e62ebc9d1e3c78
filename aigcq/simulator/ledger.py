"""What has happened, for tests to assert on: what was made, for whom, and how often."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

from aigcq.simulator.task import Task


class Ledger:
    """Counters that only grow; the tasks themselves are the vendor's."""

    def __init__(self) -> None:
        self.requests: defaultdict[str, Counter[str]] = defaultdict(Counter)
        """By Action, then by `ok` or the error's code: what it came to, even if the answer was then lost.

        A request that a fault stopped on its way in is only in `faults`.
        """
        self.faults: Counter[str] = Counter()
        """Faults that struck, by name without the `describe_` prefix."""
        self.tasks_created = 0
        self.max_live = 0
        """Most tasks at once that held a permit, over all accounts."""
        self.max_unfinished = 0
        """Most tasks at once that were accepted and not ended: with those that waited or were over the limit."""
        self.over_the_limit = 0
        """Tasks that were accepted to fail, in overflow mode `async_fail`."""

    def counters(self) -> dict[str, Any]:
        """Return the counters as JSON values."""
        created = self.requests.get("CreateAigcVideoTask", Counter())
        return {
            "requests": {action: dict(answers) for action, answers in self.requests.items()},
            "faults": dict(self.faults),
            "tasks_created": self.tasks_created,
            "refused_creates": created.total() - created["ok"],
            "over_the_limit": self.over_the_limit,
            "max_live": self.max_live,
            "max_unfinished": self.max_unfinished,
        }


def row(task: Task, now: float) -> dict[str, Any]:
    """Return one task as JSON values; moments in milliseconds, null if they have not come."""
    over = task.is_over(now)
    return {
        "TaskId": task.task_id,
        "SubAppId": task.sub_app_id,
        "SecretId": task.secret_id,
        "SessionId": task.session_id,
        "SessionContext": task.session_context,
        "ModelName": task.model.name,
        "ModelVersion": task.model.version,
        "Prompt": task.params.get("Prompt") or "",
        "created_ms": _ms(task.created),
        "begin_ms": _ms(task.begun),
        "finish_ms": _ms(task.finish if over else None),
        "polled_ms": _ms(task.polled),
        "status": str(task.status(now)),
        "outcome": task.outcome(now),
        "err_code_ext": task.end().err_code_ext if over else "",
        "billed_seconds": task.billed_seconds(now),
    }


def by_session(tasks: Iterable[Task]) -> dict[str, int]:
    """Return how many tasks were accepted for each SessionId; more than one for a key is a double payment."""
    return dict(Counter(task.session_id for task in tasks if task.session_id))


def _ms(moment: float | None) -> int | None:
    return None if moment is None else round(moment * 1000)
