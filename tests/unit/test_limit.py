"""The law of the concurrency limit, for any history."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigcq.config import Settings
from aigcq.limit import Law
from aigcq.limit.step import State, grant, recover, refused

LAW = Law(policy="step", default=12, minimum=2, maximum=12, decrease=2, increase=1, interval_ms=60_000, hold_ms=2_000)
START = State(threshold=12, quiet_ms=0)


@st.composite
def laws(draw: st.DrawFn) -> Law:
    minimum, maximum = sorted((draw(st.integers(1, 50)), draw(st.integers(1, 50))))
    return Law(
        policy="step",
        default=draw(st.integers(minimum, maximum)),
        minimum=minimum,
        maximum=maximum,
        decrease=draw(st.integers(1, 10)),
        increase=draw(st.integers(1, 5)),
        interval_ms=draw(st.integers(1, 600_000)),
        hold_ms=draw(st.integers(0, 60_000)),
    )


HISTORIES = st.lists(st.tuples(st.booleans(), st.integers(-10_000, 500_000), st.integers(0, 600_000)), max_size=30)
"""(refused, ms that pass, ms since the refused permit was given)"""


def after(history: list[tuple[bool, int, int]], law: Law) -> tuple[State, int]:
    """Return the state after a history, and the time."""
    state, now_ms = State(threshold=law.default, quiet_ms=10**9), 10**9
    for was_refused, passed, ago in history:
        now_ms += passed
        state = refused(state, law, now_ms, now_ms - ago) if was_refused else recover(state, law, now_ms)
    return state, now_ms


@given(law=laws(), history=HISTORIES)
def test_the_threshold_never_leaves_its_bounds(law, history):
    state, _ = after(history, law)

    assert law.minimum <= state.threshold <= law.maximum


@given(law=laws(), history=HISTORIES)
def test_after_enough_quiet_the_threshold_is_at_the_maximum_again(law, history):
    state, now_ms = after(history, law)
    steps = -(-(law.maximum - state.threshold) // law.increase)

    assert recover(state, law, max(now_ms, state.quiet_ms) + steps * law.interval_ms).threshold == law.maximum


@given(law=laws(), history=HISTORIES)
def test_a_refusal_never_raises_the_threshold(law, history):
    state, now_ms = after(history, law)
    before = recover(state, law, now_ms).threshold

    assert max(law.minimum, before - law.decrease) <= refused(state, law, now_ms, now_ms).threshold <= before


@given(law=laws(), history=HISTORIES, ago=st.lists(st.integers(0, 10_000), min_size=1, max_size=20))
def test_permits_of_before_the_cut_are_one_episode(law, history, ago):
    state, now_ms = after(history, law)
    cut = refused(state, law, now_ms, now_ms)

    late = cut
    for ms in ago:
        late = refused(late, law, now_ms, now_ms - ms)

    assert late == cut


@given(law=laws(), history=HISTORIES, looks=st.lists(st.integers(0, 100_000), max_size=10))
def test_looking_more_often_changes_nothing(law, history, looks):
    state, now_ms = after(history, law)
    end = now_ms + sum(looks)
    often = state
    for passed in looks:
        now_ms += passed
        often = recover(often, law, now_ms)

    assert recover(often, law, end) == recover(recover(state, law, end), law, end)


@given(law=laws(), history=HISTORIES)
def test_nothing_is_given_during_the_hold_and_then_something_is(law, history):
    state, now_ms = after(history, law)
    held = refused(state, law, now_ms, now_ms)

    if law.hold_ms:
        assert grant(held, law, 0, now_ms + law.hold_ms - 1) == (False, 1)
    assert grant(held, law, 0, now_ms + law.hold_ms) == (True, 0)


@given(law=laws(), history=HISTORIES, back=st.integers(0, 10**8))
def test_a_clock_that_is_set_back_stops_nothing_for_longer_than_usual(law, history, back):
    state, now_ms = after(history, law)
    held = refused(state, law, now_ms, now_ms)

    then = recover(held, law, now_ms - back)

    assert then.hold_until_ms <= now_ms - back + law.hold_ms
    assert then.quiet_ms <= now_ms - back


def test_the_base_specification_s_example():
    cut = refused(START, LAW, 1_000, 500)
    assert (cut.threshold, cut.hold_until_ms) == (10, 3_000)
    assert recover(cut, LAW, 60_999).threshold == 10
    assert recover(cut, LAW, 61_000).threshold == 11
    assert recover(cut, LAW, 121_000).threshold == 12


def test_a_refusal_starts_the_quiet_time_anew():
    first = refused(START, LAW, 1_000, 500)
    second = refused(first, LAW, 50_000, 500)

    assert second.threshold == 10
    assert recover(second, LAW, 109_999).threshold == 10
    assert recover(second, LAW, 110_000).threshold == 11


@pytest.mark.parametrize(("live", "granted"), [(0, True), (11, True), (12, False), (15, False)])
def test_so_many_are_granted_as_the_threshold_says(live, granted):
    assert grant(START, LAW, live, 0) == (granted, 0 if granted else -1)


def test_below_the_maximum_it_is_worth_asking_again_when_the_threshold_rises():
    cut = refused(START, LAW, 1_000, 500)

    assert grant(cut, LAW, 10, 3_000) == (False, 58_000)


def test_an_empty_record_is_the_beginning():
    assert State.from_record({}, LAW, 7) == State(threshold=12, quiet_ms=7)


def test_a_record_comes_back_as_it_was_and_may_lack_what_an_older_release_did_not_write():
    record = {"threshold": "5", "quiet_ms": "10", "cut_ms": "20", "hold_until_ms": "30", "newer": "x"}

    assert State.from_record(record, LAW, 7) == State(threshold=5, quiet_ms=10, cut_ms=20, hold_until_ms=30)
    assert State.from_record({"threshold": "5"}, LAW, 7) == State(threshold=5, quiet_ms=7)


@pytest.mark.parametrize(
    ("settings", "bounds"),
    [
        ({}, (1, 12, 12)),
        ({"limit_policy": "step"}, (2, 12, 12)),
        ({"min_threshold": 2}, (2, 12, 12)),
        ({"max_threshold": 1}, (1, 1, 1)),
        ({"limit_policy": "step", "max_threshold": 4}, (2, 4, 4)),
        ({"min_threshold": 20, "max_threshold": 30}, (20, 20, 30)),
    ],
)
def test_one_threshold_that_was_set_draws_the_defaults_after_it(settings, bounds):
    law = Law.of(Settings(**settings))

    assert (law.minimum, law.default, law.maximum) == bounds


def test_the_shortest_interval_is_a_millisecond():
    assert Law.of(Settings(recovery_interval=0.0001)).interval_ms == 1


def test_the_law_goes_to_redis_as_flat_json():
    assert json.loads(LAW.to_json()) == {
        "policy": "step", "default": 12, "minimum": 2, "maximum": 12, "decrease": 2, "increase": 1,
        "interval_ms": 60_000, "hold_ms": 2_000,
    }  # fmt: skip
