"""Where a task is, and why exactly there, in words. Pure: what is known in, one paragraph out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from aigcq.config import Settings
from aigcq.diagnosis import Code, Finding, alive
from aigcq.model import ENDED, Phase, Status, Task
from aigcq.schemas import Eta
from aigcq.store.control import Overview
from aigcq.store.tasks import View
from aigcq.tenant import Tenant, outward

HELD: Final = {
    Code.REDIS_UNAVAILABLE, Code.REDIS_READ_ONLY, Code.REDIS_DISK_FULL, Code.REDIS_MEMORY_FULL, Code.NO_WORKER,
    Code.VENDOR_AUTH, Code.QUEUE_STUCK, Code.PAUSED, Code.SUBMISSIONS_UNANSWERED, Code.VENDOR_UNREACHABLE,
    Code.THRESHOLD_AT_FLOOR, Code.THROTTLED,
}  # fmt: skip
"""Findings because of which a task that is queued may not start."""
SAVED: Final = {Code.STORAGE_FULL, Code.STORAGE_FAILING, *HELD}
"""Because of which one that is being saved may not end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """All that a task's whereabouts follow from; of its own account, where there are several."""

    view: View
    overview: Overview
    findings: Sequence[Finding]
    settings: Settings
    eta: Eta | None = None
    ahead: Sequence[str] = ()
    """Ids of tasks before it, the next one last."""
    tenant: Tenant | None = None
    tenant_live: int = 0
    """How many videos of its tenant run, if that has a cap."""

    @property
    def task(self) -> Task:
        return self.view.task


def explained(known: Known) -> str:
    """Return one paragraph."""
    return " ".join([_named(known), *_where(known), *_past(known.task), *_when(known)])


def _named(known: Known) -> str:
    task = known.task
    account = f" in account {known.view.account}" if known.view.account else ""
    tenant = f" of tenant {outward(task.tenant)}" if task.tenant else ""
    ago = _span((known.overview.now_ms - task.created_ms) / 1000)
    return f"Task {task.id} ({task.model or 'unknown model'}){tenant}{account} was created {ago} ago."


def _where(known: Known) -> Iterator[str]:
    match known.task.status:
        case Status.QUEUED if known.view.position is None:
            yield from _waiting(known)
        case Status.QUEUED:
            yield from _queued(known)
        case Status.PROCESSING:
            yield from _processing(known)
        case _:
            yield from _ended(known)


def _waiting(known: Known) -> Iterator[str]:
    task, now_ms = known.task, known.overview.now_ms
    left = (task.due_ms - now_ms) / 1000
    when = f"until {_clock(task.due_ms)} (in {_span(left)})" if left > 0 else "for a worker to see that it is due"
    why = f"after the last try ended with `{task.error_code}`" if task.error_code else "because its client asked so"
    yield f"It waits {when} {why}; then it takes its old place in the order."
    yield from _because(known, HELD)


def _queued(known: Known) -> Iterator[str]:
    position = known.view.position or 1
    if position > 1:
        named = f", the next of which is {known.ahead[-1]}" if known.ahead else ""
        yield f"It is queued at position {position}: {position - 1} {_are(position - 1)} before it{named}."
    else:
        yield "It is queued at position 1: nobody is before it."
    if held := list(_because(known, HELD)):
        yield from held
    else:
        yield from _no_room(known, position)


def _no_room(known: Known, position: int) -> Iterator[str]:
    """Yield what keeps a task from starting where nothing is wrong: a limit, or those before it."""
    seen, task = known.overview, known.task
    hold = (int(seen.state.get("hold_until_ms", 0) or 0) - seen.now_ms) / 1000
    model = task.model.rpartition("-")[0] or task.model
    if known.tenant and 0 < known.tenant.max_live <= known.tenant_live:
        yield (
            f"Its tenant is at its cap: {known.tenant_live} of its {known.tenant.max_live} videos run, "
            "so that others pass it until one of them ends."
        )
    elif model in seen.model_limits and seen.passed:
        yield (
            f"The vendor takes {seen.model_limits[model]} of {model} at once, as far as was found, so that tasks of "
            "other models pass it until one of them ends."
        )
    elif hold > 0:
        yield f"The vendor refused a moment ago, so nothing is submitted for another {_span(hold)}."
    elif seen.live >= seen.threshold:
        bound = f"MAX_THRESHOLD={seen.maximum}" if seen.threshold >= seen.maximum else "what the vendor takes at once"
        yield (
            f"There is no room: {seen.live} videos run, and {seen.threshold} may ({bound}). "
            f"It starts when {position} of them {'have' if position > 1 else 'has'} ended."
        )
    else:
        yield f"There is room ({seen.live} of {seen.threshold} run): a worker takes it within seconds."


def _processing(known: Known) -> Iterator[str]:
    task, now_ms = known.task, known.overview.now_ms
    worker = f"Worker {task.consumer}"
    match task.phase:
        case Phase.SUBMITTING if task.ambiguous:
            yield (
                f"{worker} has sent it to the vendor, and nobody knows whether the vendor took it: the same SessionId "
                f"({task.session_id}) is sent again, or its vendor task looked up, so that nothing is paid twice."
            )
        case Phase.SUBMITTING:
            yield f"{worker} is about to send it to the vendor, or waits for the answer."
        case Phase.SAVING:
            yield f"The vendor has made the video ({task.vendor_task_id}); {worker} is copying it to where it is kept."
        case _:
            since = _span((now_ms - task.submitted_ms) / 1000) if task.submitted_ms else "some time"
            named = task.vendor_task_id or "its id is not known yet"
            yield (
                f"The vendor has been making the video for {since} ({named}) and said {task.progress} % last; "
                f"{worker} watches it."
            )
    if task.cancel_requested:
        yield "Its client wants it to end: the vendor drops only what it has not begun, so it may still complete."
    if task.consumer and task.consumer not in alive(known.overview, known.settings):
        yield "That worker is not alive any more: another one takes over when its lease ends, and loses nothing."
    yield from _because(known, SAVED if task.phase == Phase.SAVING else {Code.NO_WORKER, Code.VENDOR_UNREACHABLE})


def _ended(known: Known) -> Iterator[str]:
    task, outcome = known.task, known.view.outcome or {}
    took = _span((task.ended_ms - task.created_ms) / 1000)
    when = f"{_clock(task.ended_ms)}, {took} after it was created"
    if task.status is Status.COMPLETED:
        kept = "its video is kept here" if outcome.get("stored") else "its video is at the vendor's address only"
        yield f"It completed at {when}; {kept}."
    elif task.status is Status.CANCELLED:
        yield f"It was cancelled at {when}."
    else:
        said = f": {outcome['message']}".rstrip(".") if outcome.get("message") else ""
        yield f"It failed at {when}, with `{task.error_code or outcome.get('code', '')}`{said}."
        if advice := outcome.get("advice"):
            yield str(advice)
        yield f"`aigcq requeue {task.id}` runs it again, for money."


def _past(task: Task) -> Iterator[str]:
    if task.attempt > 1:
        yield f"This is attempt {task.attempt}: the vendor said that the one before it failed."
    if task.tries:
        times = "once" if task.tries == 1 else f"{task.tries} times"
        last = f", last with `{task.error_code}`" if task.error_code and task.status not in ENDED else ""
        yield f"It was tried in vain {times}{last}."
    elif task.error_code and task.status is Status.QUEUED and not task.due_ms:
        yield f"It was put back after `{task.error_code}`, which costs it nothing."
    if task.deaths:
        yield f"{task.deaths} {'worker has' if task.deaths == 1 else 'workers have'} died while they had it."


def _when(known: Known) -> Iterator[str]:
    if known.task.status in ENDED or not (eta := known.eta):
        return
    if eta.p50_seconds is not None and eta.p90_seconds is not None:
        even, nine = _span(eta.p50_seconds), _span(eta.p90_seconds)
        yield f"It is done in {even} with an even chance, in {nine} nine times of ten."
    elif eta.reason == "not_measured":
        yield "When it is done is not known: too few videos of its model were seen yet."
    elif eta.reason == "longer_than_ever":
        yield "It takes longer than any of its model did before."


def _because(known: Known, codes: set[Code]) -> Iterator[str]:
    """Yield the worst of what is wrong and concerns it."""
    for found in known.findings:
        if found.code in codes:
            yield f"{found.detail.rstrip('.')}. {found.action}"
            return


def _are(count: int) -> str:
    return "task is" if count == 1 else "tasks are"


def _clock(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _span(seconds: float) -> str:
    """Return a time as people say it, in its two largest units."""
    whole = max(0, round(seconds))
    for unit, size, part, less in (("d", 86400, "h", 3600), ("h", 3600, "min", 60), ("min", 60, "s", 1)):
        if whole >= size:
            rest = whole % size // less
            return f"{whole // size} {unit} {rest} {part}" if rest else f"{whole // size} {unit}"
    return f"{whole} s"
