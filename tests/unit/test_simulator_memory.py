"""A simulator that was stopped goes on as the vendor would have."""

from __future__ import annotations

from pathlib import Path

import pytest

from aigcq.simulator import memory
from aigcq.simulator.settings import Overflow
from aigcq.simulator.task import Status
from tests.unit.test_simulator_lifecycle import ACCOUNT, Shop


def _restarted(shop: Shop, file: Path, *, after: float, **settings: object) -> Shop:
    memory.save(shop.vendor, file)
    again = Shop(**settings)
    again.clock.seconds = shop.clock.seconds + after
    memory.load(again.vendor, file)
    return again


def test_a_video_that_was_being_made_is_ready_later(tmp_path: Path) -> None:
    shop = Shop()
    task = shop.create(SessionId="s")
    shop.clock.seconds += 4

    again = _restarted(shop, tmp_path / "state", after=5)
    found = again.vendor.find(ACCOUNT, task.task_id, None)

    assert (found.status(again.vendor.now()), again.vendor.account(ACCOUNT).live) == (Status.PROCESSING, 1)
    again.clock.seconds += 1
    again.vendor.settle()
    assert (found.status(again.vendor.now()), again.vendor.account(ACCOUNT).live) == (Status.FINISH, 0)
    assert again.vendor.find_by_token(task.token) is found


def test_a_session_id_is_still_known(tmp_path: Path) -> None:
    shop = Shop()
    shop.create(SessionId="s")

    again = _restarted(shop, tmp_path / "state", after=60)

    assert again.refused(SessionId="s") == "InvalidParameterValue.SessionId"


def test_a_session_id_beyond_the_vendor_s_memory_is_free_again(tmp_path: Path) -> None:
    shop = Shop()
    shop.create(SessionId="s")

    again = _restarted(shop, tmp_path / "state", after=4 * 86400)

    assert again.create(SessionId="s").ordinal == 1


def test_what_waited_starts_when_there_is_room(tmp_path: Path) -> None:
    shop = Shop(concurrency=1, overflow=Overflow.QUEUE)
    first, second = shop.create(), shop.create()

    again = _restarted(shop, tmp_path / "state", after=5, concurrency=1, overflow=Overflow.QUEUE)
    again.clock.seconds += 6
    again.vendor.settle()

    statuses = [again.vendor.find(ACCOUNT, each.task_id, None).status(again.vendor.now()) for each in (first, second)]
    assert statuses == [Status.FINISH, Status.PROCESSING]


@pytest.mark.parametrize("text", ["", "[{}]", "{", '[{"model": ["No", "1"]}]'])
def test_a_file_that_cannot_be_read_is_said_and_forgotten(
    tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "state").write_text(text)
    shop = Shop()

    memory.load(shop.vendor, tmp_path / "state")

    assert shop.vendor.tasks() == []
    assert "starts afresh" in capsys.readouterr().out
