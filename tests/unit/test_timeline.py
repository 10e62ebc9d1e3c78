"""The life of a task from its events: each attempt has its names, its time and how it ended."""

from __future__ import annotations

import itertools
from uuid import UUID

import pytest

from aigcq.history import Happened
from aigcq.model import Event
from aigcq.timeline import Attempt, Life, Told, life_of, thinned

TASK = "550e8400-e29b-41d4-a716-446655440000"


def told(*events: tuple[Event, dict[str, str]] | Event) -> list[Told]:
    numbers = itertools.count(1)
    named = [each if isinstance(each, tuple) else (each, {}) for each in events]
    return [Told(f"{next(numbers)}-0", event, fields) for event, fields in named]


def life(*events: tuple[Event, dict[str, str]] | Event) -> Life:
    return life_of(TASK, told(*events))


def submit(attempt: int, vendor_task: str) -> tuple[Event, dict[str, str]]:
    return Event.SUBMIT, {"attempt": str(attempt), "vendor_task": vendor_task}


def retry(code: str, following: int | None = None) -> tuple[Event, dict[str, str]]:
    return Event.RETRY, {"code": code} | ({} if following is None else {"next": str(following)})


def outlines(found: Life) -> list[tuple[int, str, int, int, str | None, str]]:
    return [
        (each.attempt, each.vendor_task_id, each.begun_ms, each.ended_ms, each.outcome, each.code)
        for each in found.attempts
    ]


def test_every_attempt_is_told_and_not_only_the_last():
    found = life(
        Event.CREATE, Event.CLAIM, submit(1, "vod-1"), retry("vendor_failed", 1), Event.CLAIM, submit(2, "vod-2"),
        (Event.FAIL, {"code": "vendor_rejected"}), Event.REQUEUE, Event.CLAIM, submit(3, "vod-3"), Event.SUCCEED,
    )  # fmt: skip

    assert outlines(found) == [
        (1, "vod-1", 2, 4, "failed", "vendor_failed"),
        (2, "vod-2", 5, 7, "failed", "vendor_rejected"),
        (3, "vod-3", 9, 11, "completed", ""),
    ]
    assert [each.session_id for each in found.attempts] == [f"{UUID(TASK).hex}:{n}" for n in (1, 2, 3)]
    assert [step.attempt for step in found.steps] == [1, 1, 1, 1, 2, 2, 2, 3, 3, 3, 3]


def test_a_refused_attempt_is_sent_again_under_its_name_and_is_one():
    refused = life(Event.CREATE, Event.CLAIM, retry("vendor_throttled", 0))
    sent_again = life(Event.CREATE, Event.CLAIM, retry("vendor_throttled", 0), Event.CLAIM, submit(1, "vod-1"))

    assert outlines(refused) == [(1, "", 2, 3, "refused", "vendor_throttled")]
    assert outlines(sent_again) == [(1, "vod-1", 2, 0, None, "")]


def test_what_the_vendor_had_taken_and_failed_for_too_many_is_a_failed_attempt():
    found = life(Event.CREATE, Event.CLAIM, submit(1, "vod-1"), retry("vendor_throttled", 1), Event.CLAIM)

    assert outlines(found)[0][-2:] == ("failed", "vendor_throttled")
    assert found.attempts[1].attempt == 2


@pytest.mark.parametrize(("accepted", "attempt"), [(True, 2), (False, 1)])
def test_of_a_release_that_does_not_say_it_what_the_vendor_had_taken_counts(accepted, attempt):
    first = [submit(1, "vod-1")] if accepted else []

    found = life(Event.CREATE, Event.CLAIM, *first, retry("vendor_failed"), Event.CLAIM)

    assert found.steps[-1].attempt == attempt


def test_what_was_handed_back_unsent_goes_on_with_the_same_attempt():
    found = life(Event.CREATE, Event.CLAIM, (Event.HAND_BACK, {"status": "queued"}), Event.CANCEL)

    assert [type(each) for each in found.attempts] == [Attempt]
    assert outlines(found) == [(1, "", 2, 3, "put_back", "")]


def test_of_percentages_in_a_row_the_last_is_told():
    percent = [(Event.PROGRESS, {"progress": str(n)}) for n in (10, 20, 30)]

    found = thinned(told(Event.SUBMIT, *percent, Event.RELEASE, *percent))

    assert [(each.event, each.fields.get("progress")) for each in found] == [
        ("submit", None), ("progress", "30"), ("release", None), ("progress", "30"),
    ]  # fmt: skip


def test_an_event_reads_as_it_was_kept():
    alarm = Happened("1-0", {"event": "alarm", "task": "a", "status": "", "cause": "视频\tand\nmore", "fence": "3"})

    assert Told.of(alarm) == Told("1-0", "alarm", {"cause": "视频 and more"})
