"""The life of one task: every event, and every attempt at the vendor. Pure values.

Of the percentages that the vendor reports, the last one before the next change is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from aigcq.errors import VendorThrottled
from aigcq.history import Happened
from aigcq.model import Event, Phase, Status, session_id

MOST_FOLDS: Final = 200
"""Of one task the events of so many folds are kept, the last ones,"""
MOST_AT_ONCE: Final = 50
"""and of each fold so many. Nobody has seen a task with more than a few dozen."""
PROGRESS: Final = f"{Event.PROGRESS}\t"
_NOT_KEPT: Final = frozenset({"event", "task", "fence", "permit", "live", "threshold"})
_KEPT: Final[Mapping[str, Sequence[str]]] = {
    str(event): ("status", *names)
    for event, names in {
        Event.CREATE: (),
        Event.CLAIM: ("consumer",),
        Event.SUBMIT: ("phase", "attempt", "vendor_task", "waited_ms"),
        Event.PROGRESS: ("progress",),
        Event.RELEASE: ("phase", "took_ms"),
        Event.SUCCEED: (),
        Event.RETRY: ("code", "next"),
    }.items()
}
"""Of the most frequent events; of others, all that is not _NOT_KEPT."""

Outcome = Literal["completed", "failed", "cancelled", "refused", "put_back"]
ENDS: Final[Mapping[str, Outcome]] = {
    Event.SUCCEED: "completed",
    Event.FAIL: "failed",
    Event.EXPIRE: "failed",
    Event.ABORT: "cancelled",
    Event.CANCEL: "cancelled",
}
REFUSED: Final[Outcome] = "refused"
"""The vendor took nothing, for too many were live."""
PUT_BACK: Final[Outcome] = "put_back"
"""It was not sent, or the vendor did nothing."""


class Told(NamedTuple):
    """One event of a task."""

    id: str
    event: str
    fields: Mapping[str, str]

    @property
    def ms(self) -> int:
        return int(self.id.partition("-")[0])

    @classmethod
    def read(cls, text: str) -> Told:
        """Read what `written` returns."""
        event, at, *fields = text.split("\t")
        return cls(at, event, dict(zip(fields[::2], fields[1::2], strict=True)))

    @classmethod
    def of(cls, it: Happened) -> Told:
        """Return an event as its timeline has it."""
        return cls.read(written(it))


def written(it: Happened) -> str:
    """Return an event as it is kept: a line; what an older release does not say is added."""
    fields = it.fields
    event = fields.get("event", "")
    line = f"{event}\t{it.id}"
    for name in _KEPT.get(event) or [name for name in fields if name not in _NOT_KEPT]:
        if value := fields.get(name):
            line += f"\t{name}\t{value if value.isprintable() else ' '.join(value.split())}"
    if event == Event.SUBMIT and it.attempt and "attempt" not in fields:
        line += f"\tattempt\t{it.attempt}\tvendor_task\t{it.vendor_task_id}"
    return line


@dataclass(slots=True, kw_only=True)
class Attempt:
    """One attempt at the vendor: all sends of one SessionId."""

    attempt: int
    session_id: str
    begun_ms: int
    """When a worker first took the task for it."""
    vendor_task_id: str = ""
    ended_ms: int = 0
    outcome: Outcome | None = None
    """None: it runs."""
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One event of a task, with what is known of it from those before."""

    told: Told
    attempt: int
    phase: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """A timeline."""

    steps: Sequence[Step]
    attempts: Sequence[Attempt]


def thinned(events: Iterable[Told]) -> list[Told]:
    """Return the events with the last percentage before each change only."""
    kept: list[Told] = []
    for each in events:
        if kept and each.event == kept[-1].event == Event.PROGRESS:
            kept.pop()
        kept.append(each)
    return kept


def timelines(events: Iterable[Happened]) -> dict[str, str]:
    """Return what is kept of these events, by task: a line for each, and no more than MOST_AT_ONCE."""
    found: dict[str, list[str]] = {}
    for each in events:
        if task_id := each.fields.get("task"):
            text = written(each)
            if (line := found.get(task_id)) is None:
                found[task_id] = [text]
            elif text.startswith(PROGRESS) and line[-1].startswith(PROGRESS):
                line[-1] = text
            else:
                line.append(text)
    return {task_id: "\n".join(line[-MOST_AT_ONCE:]) for task_id, line in found.items()}


def read(kept: Iterable[str]) -> list[Told]:
    """Return the events that `timelines` has returned, fold after fold."""
    return [Told.read(text) for fold in kept for text in fold.split("\n")]


def life_of(task_id: str, events: Iterable[Told]) -> Life:
    """Return a life from its events, in order."""
    walk = _Walk(task_id)
    return Life(steps=[walk.step(each) for each in thinned(events)], attempts=walk.attempts)


@dataclass(slots=True)
class _Walk:
    task_id: str
    attempts: list[Attempt] = field(default_factory=list)
    _number: int = 1

    def step(self, told: Told) -> Step:
        phase = told.fields.get("phase", "")
        match told.event:
            case Event.CLAIM:
                self._begin(told)
                phase = Phase.CLAIMED
            case Event.SUBMIT:
                self._submit(told)
            case Event.REQUEUE:
                self._number += 1
        number = self._number
        if told.event == Event.RETRY:
            self._retry(told)
        elif told.event == Event.HAND_BACK and told.fields.get("status") == Status.QUEUED:
            self._end(told, PUT_BACK)
        elif told.event in ENDS:
            self._end(told, ENDS[told.event])
        return Step(told=told, attempt=number, phase=phase)

    @property
    def _open(self) -> Attempt | None:
        last = self.attempts[-1] if self.attempts else None
        return last if last and last.attempt == self._number and not last.ended_ms else None

    def _begin(self, told: Told) -> None:
        last = self.attempts[-1] if self.attempts else None
        if last and last.attempt == self._number:  # its SessionId is sent again
            last.ended_ms, last.outcome, last.code = 0, None, ""
        else:
            name = session_id(self.task_id, self._number)
            self.attempts.append(Attempt(attempt=self._number, session_id=name, begun_ms=told.ms))

    def _submit(self, told: Told) -> None:
        self._number = int(told.fields.get("attempt") or self._number)
        last = self._open
        if not last:
            last = Attempt(attempt=self._number, session_id=session_id(self.task_id, self._number), begun_ms=told.ms)
            self.attempts.append(last)
        last.vendor_task_id = told.fields.get("vendor_task", "")

    def _retry(self, told: Told) -> None:
        last, code = self._open, told.fields.get("code", "")
        accepted = bool(last and last.vendor_task_id)
        unsent = REFUSED if code == VendorThrottled.code else PUT_BACK
        self._end(told, "failed" if accepted else unsent)
        # An older release does not say it; then what the vendor had accepted is what counts.
        counts = told.fields["next"] == "1" if "next" in told.fields else accepted
        self._number += counts

    def _end(self, told: Told, outcome: Outcome) -> None:
        if last := self._open:
            last.ended_ms, last.outcome, last.code = told.ms, outcome, told.fields.get("code", "")
