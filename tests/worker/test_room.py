"""How much more a worker takes than it holds."""

from __future__ import annotations

import pytest

from aigcq.config import Settings
from aigcq.model import Delivery, Status, Task
from aigcq.worker.held import Held
from aigcq.worker.room import Room


def new(task_id: str, deaths: int = 0) -> Held:
    return Held(Delivery(task=Task(id=task_id, status=Status.PROCESSING, deaths=deaths), entry_id="1-0", request=""), 0)


def room_with(*those: Held) -> tuple[Room, dict[str, Held]]:
    holds = {held.delivery.task_id: held for held in those}
    room = Room(Settings(worker_concurrency=5, max_deaths=3), holds)
    for held in those:
        room.enter(held)
    return room, holds


@pytest.mark.parametrize(("holding", "left"), [(0, 2), (3, 2), (4, 1), (5, 0), (7, 0)])
def test_there_is_room_for_what_one_worker_may_hold(holding: int, left: int) -> None:
    room, _ = room_with(*(new(str(number)) for number in range(holding)))

    assert room.left(2) == left


@pytest.mark.parametrize(("saving", "left"), [(3, 2), (5, 2), (8, 2), (9, 1), (10, 0), (12, 0)])
def test_what_is_saved_takes_no_room_up_to_as_many_again(saving: int, left: int) -> None:
    room, holds = room_with(*(new(str(number)) for number in range(saving)))
    for held in holds.values():
        held.saving = True

    assert room.left(2) == left


@pytest.mark.parametrize("end", ["proven", "gone", "taken over from itself"])
def test_there_is_none_beside_what_may_kill_this_worker_until_it_has_not_or_is_gone(end: str) -> None:
    suspect = new("suspect", deaths=2)
    room, holds = room_with(suspect, new("other", deaths=1))
    assert room.left(2) == room.left(2) == 0

    match end:
        case "proven":
            suspect.proven = True
        case "gone":
            del holds["suspect"]
        case _:
            holds["suspect"] = new("suspect")

    assert room.left(2) == 2


def test_what_is_taken_over_again_is_on_trial_again() -> None:
    former, latter = new("suspect", deaths=2), new("suspect", deaths=2)
    room, holds = room_with(former)
    holds["suspect"] = latter
    room.enter(latter)
    former.proven = True

    assert room.left(2) == 0
