"""What a worker tells of its own trouble, so that `/health` can name it."""

from __future__ import annotations

import pytest

from aigcq.diagnosis.seen import Shelf
from aigcq.errors import VendorThrottled
from aigcq.worker.observed import Observed
from aigcq.worker.symptoms import Symptoms
from tests.conftest import FakeClock

NOW_MS = 1_800_000_000_000


@pytest.mark.parametrize(
    ("why", "full"),
    [
        ("The storage refuses: No space left on device (os error 28)", 1),
        ("The storage refuses: QuotaExceeded", 1),
        ("The storage refuses: Permission denied (os error 13)", 0),
    ],
)
def test_a_storage_that_refuses_is_told_once_and_whether_it_is_full(clock: FakeClock, why: str, full: int) -> None:
    symptoms = Symptoms(clock, "w")

    symptoms.not_kept(why)

    assert symptoms.storage_fails
    assert symptoms.tell() == {
        "storage_error_ms": NOW_MS, "storage_error": why, "storage_full": full, "storage_error_by": "w",
    }  # fmt: skip
    assert symptoms.tell() == {}


def test_a_folder_without_room_and_one_that_cannot_be_read_are_told(clock: FakeClock) -> None:
    symptoms = Symptoms(clock)

    symptoms.saw(Shelf(free_bytes=12))
    assert symptoms.tell() == {"storage_free": 12}
    assert not symptoms.storage_fails

    symptoms.saw(Shelf(error="it cannot be read"))
    assert symptoms.storage_fails


def test_leases_that_were_lost_are_counted_between_two_beats(clock: FakeClock) -> None:
    symptoms = Symptoms(clock)

    symptoms.lost()
    symptoms.lost()

    assert symptoms.tell() == {"lost_ms": NOW_MS, "lost": 2}
    symptoms.lost()
    assert symptoms.tell() == {"lost_ms": NOW_MS, "lost": 1}


@pytest.mark.parametrize(("redis_ms", "told"), [(NOW_MS - 4_000, {}), (NOW_MS + 6_000, {"skewed_ms", "skew_ms"})])
def test_a_clock_is_told_of_that_is_off_by_more_than_five_seconds(
    clock: FakeClock, redis_ms: int, told: set[str]
) -> None:
    symptoms = Symptoms(clock)

    symptoms.heard_time(redis_ms)

    assert set(symptoms.tell()) == set(told)


class Throttling:
    """A vendor that refuses as often as it is told to."""

    def __init__(self, refusals: int) -> None:
        self.left = refusals

    async def submit(self, *_: object, **__: object) -> str:
        self.left -= 1
        if self.left >= 0:
            raise VendorThrottled("too many")
        return "V-1"


@pytest.mark.asyncio
async def test_refusals_in_a_row_are_counted_until_one_is_accepted(clock: FakeClock) -> None:
    vendor = Observed(Throttling(2), clock)  # type: ignore[arg-type]  # all that is called of it

    for _ in range(2):
        with pytest.raises(VendorThrottled):
            await vendor.submit(None, task_id="t", session_id="s", signed_at=0)  # type: ignore[arg-type]
    assert vendor.tell()["refused_in_a_row"] == 2

    await vendor.submit(None, task_id="t", session_id="s", signed_at=0)  # type: ignore[arg-type]
    assert vendor.tell()["refused_in_a_row"] == 0
