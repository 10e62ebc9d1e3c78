"""How many calls go to one host at a time."""

from __future__ import annotations

from random import Random

import pytest

from aigcq.worker import hosts
from aigcq.worker.hosts import Hosts


@pytest.fixture
def some() -> Hosts:
    return Hosts(4, Random(1))


def enter(some: Hosts, name: str, count: int) -> list[float]:
    return [some.enter(name) for _ in range(count)]


def test_a_host_has_a_few_calls_at_a_time_and_the_others_wait_longer_the_more_there_are(some: Hosts) -> None:
    assert enter(some, "a", 4) == [0.0] * 4

    waits = enter(some, "a", 1000)

    assert min(waits) >= hosts.BUSY_SECONDS
    assert hosts.BUSY_SECONDS + 1 < max(waits[-100:]) <= hosts.BUSY_SECONDS + hosts.BUSY_MOST_SECONDS


def test_what_one_host_waits_for_is_nothing_to_another(some: Hosts) -> None:
    enter(some, "a", 1000)

    assert some.enter("b") == 0.0


def test_a_host_that_does_not_answer_is_called_once_at_a_time_and_more_and_more_rarely(some: Hosts) -> None:
    waits = []
    for _ in range(8):
        assert some.enter("a") == 0.0
        some.leave("a", 15.0, answered=False)
        assert some.enter("a") == 0.0
        waits.append(some.enter("a"))
        some.leave("a", 15.0, answered=False)

    assert waits[0] < waits[3] < waits[-1] <= hosts.SILENT_MOST_SECONDS


def test_a_host_that_answers_again_is_as_good_as_any(some: Hosts) -> None:
    some.enter("a")
    some.leave("a", 15.0, answered=False)
    some.enter("a")

    some.leave("a", 0.1, answered=True)

    assert enter(some, "a", 4) == [0.0] * 4


def test_hosts_that_nobody_calls_are_forgotten_in_the_end(some: Hosts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hosts, "REMEMBERED", 10)
    some.enter("busy")
    for number in range(100):
        some.enter(str(number))
        some.leave(str(number), 15.0, answered=False)

    assert len(some._hosts) <= 10
    assert "busy" in some._hosts
