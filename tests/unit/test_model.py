"""The task: one table of transitions, a SessionId that never changes, a record that newer releases may extend."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigcq.model import ENDED, TRANSITIONS, Delivery, Event, Phase, Status, Task, session_id, target

MOVES = [(status, event, to) for status, moves in TRANSITIONS.items() for event, to in moves.items()]


def test_every_status_has_its_line_in_the_table():
    assert set(TRANSITIONS) == set(Status)


def test_every_status_is_reached_from_queued():
    reached = {Status.QUEUED}
    for _ in Status:
        reached |= {to for status, _, to in MOVES if status in reached}

    assert reached == set(Status)


def test_every_open_status_leads_to_an_end():
    closed = set(ENDED)
    for _ in Status:
        closed |= {status for status, _, to in MOVES if to in closed}

    assert closed == set(Status)


def test_nothing_leaves_an_ended_status_but_a_requeue_of_a_failed_one():
    assert [move for move in MOVES if move[0] in ENDED] == [(Status.FAILED, Event.REQUEUE, Status.QUEUED)]


@pytest.mark.parametrize("event", sorted({event for _, event, _ in MOVES}))
def test_an_event_leads_to_one_status_wherever_it_happens(event):
    assert {to for _, it, to in MOVES if it is event} == {target(event)}


@pytest.mark.parametrize("event", sorted(set(Event) - {event for _, event, _ in MOVES}))
def test_an_event_that_moves_nothing_has_no_target(event):
    with pytest.raises(ValueError, match="not enough values"):
        target(event)


def test_the_public_words_are_those_of_the_base_specification():
    assert set(Status) == {"queued", "processing", "completed", "failed", "cancelled"}


@given(task_id=st.uuids(), attempt=st.integers(1, 10**9))
def test_a_session_id_fits_the_vendor_s_fifty_characters(task_id, attempt):
    found = session_id(str(task_id), attempt)

    assert len(found) <= 50
    assert found == session_id(str(task_id), attempt)


@given(task_id=st.uuids(), attempts=st.lists(st.integers(1, 10**6), unique=True, min_size=2, max_size=5))
def test_each_attempt_has_a_session_id_of_its_own(task_id, attempts):
    assert len({session_id(str(task_id), attempt) for attempt in attempts}) == len(attempts)


def test_the_session_id_is_what_it_always_was():
    """Another release may have sent it: a change of its spelling is a second paid video."""
    task = Task(id="550e8400-e29b-41d4-a716-446655440000", status=Status.QUEUED, attempt=2)

    assert task.session_id == "550e8400e29b41d4a716446655440000:2"


@given(
    fields=st.dictionaries(st.text(min_size=1).filter(lambda name: name not in Task.__slots__), st.text(), max_size=5)
)
def test_fields_of_a_newer_release_are_ignored(fields):
    task_id = str(uuid4())

    assert Task.from_record(task_id, {**fields, "status": "queued"}) == Task(id=task_id, status=Status.QUEUED)


def test_a_record_is_read_with_its_types():
    record = {
        "status": "processing", "phase": "generating", "tenant": "acme", "model": "Hailuo-2.3", "attempt": "2",
        "tries": "1", "fence": "7", "deaths": "2", "consumer": "w", "priority": "-3", "ambiguous": "1", "refused": "1",
        "vendor_task_id": "vod-1", "progress": "40", "error_code": "why", "cancel_requested": "1",
        "created_ms": "1800000000000", "started_ms": "2", "sent_ms": "3", "submitted_ms": "4", "due_ms": "5",
        "ended_ms": "6", "made_ms": "7", "seq": "9", "score": "8.99", "entry": "1-1",
        "start_by_ms": "8", "end_by_ms": "10", "webhook": "end", "erased_ms": "11", "budget_day": "20261124",
        "traceparent": f"00-{'a' * 32}-{'b' * 16}-01",
        "price": "0.35", "currency": "CNY", "least_seconds": "5.0",
        "cost_estimate": "12", "cost_committed": "13", "cost_spent": "14",
    }  # fmt: skip

    task = Task.from_record("id", record)

    for name in Task.__slots__:
        if name not in ("id", "unreadable"):
            found = getattr(task, name)
            assert str(int(found) if isinstance(found, bool) else found) == record[name], name
    assert (task.status, task.phase, task.ambiguous) == (Status.PROCESSING, Phase.GENERATING, True)


def test_empty_fields_are_as_good_as_none():
    record = {"status": "queued", "progress": "", "error_code": "", "ambiguous": "", "cancel_requested": "0"}

    assert Task.from_record("id", record) == Task(id="id", status=Status.QUEUED)


def test_a_delivery_speaks_for_its_task():
    task = Task(id=str(UUID(int=1)), status=Status.PROCESSING, fence=3, consumer="w")
    delivery = Delivery(task=task, entry_id="1-1", request="{}")

    assert (delivery.task_id, delivery.fence, delivery.consumer) == (task.id, 3, "w")
