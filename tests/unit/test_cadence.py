"""How soon a vendor task is looked at again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigcq.durations import ENOUGH, NOTHING, Sketch, Weights, observe
from aigcq.worker.cadence import LONGEST, YOUNG_SECONDS, pause_seconds, stretch

INTERVAL = 2.0


def taking(*seconds: float) -> Sketch:
    weights: Weights = {}
    for each in seconds:
        weights = observe(weights, each)
    return Sketch(weights)


A_MINUTE_OR_TWO = taking(*(60.0 + number for number in range(60)))
SKETCHES = st.lists(st.floats(0, 100_000), max_size=40).map(lambda seconds: taking(*seconds))


@given(age=st.floats(0, 300_000), sketch=SKETCHES, interval=st.floats(0.01, 60))
def test_no_pause_is_shorter_than_the_interval_or_longer_than_six(age, sketch, interval):
    assert interval <= pause_seconds(age, sketch, interval) <= LONGEST * interval


@given(age=st.floats(0, YOUNG_SECONDS, exclude_max=True), sketch=SKETCHES)
def test_while_failures_show_every_interval_is_a_look(age, sketch):
    assert pause_seconds(age, sketch, INTERVAL) == INTERVAL


@given(age=st.one_of(st.floats(YOUNG_SECONDS, 50), st.floats(0, 300_000)))
def test_without_enough_observations_every_interval_is_a_look(age):
    for sketch in (NOTHING, taking(*[60.0] * int(ENOUGH - 1))):
        assert pause_seconds(age, sketch, INTERVAL) == INTERVAL


def test_before_it_can_have_ended_looks_are_few():
    assert pause_seconds(20, A_MINUTE_OR_TWO, INTERVAL) == LONGEST * INTERVAL


@given(age=st.floats(YOUNG_SECONDS, 62))
def test_no_early_pause_leads_beyond_the_first_ends(age):
    first_ends = A_MINUTE_OR_TWO.quantile(0.05)

    assert age + pause_seconds(age, A_MINUTE_OR_TWO, INTERVAL) <= max(first_ends, age + INTERVAL) + 1e-9


@pytest.mark.parametrize("age", [70, 90, 115])
def test_where_its_kind_ends_every_interval_is_a_look(age):
    assert pause_seconds(age, A_MINUTE_OR_TWO, INTERVAL) == INTERVAL


def test_what_is_overdue_is_looked_at_every_interval():
    assert pause_seconds(500, A_MINUTE_OR_TWO, INTERVAL) == INTERVAL


def test_between_two_times_at_which_its_kind_ends_looks_are_fewer():
    sketch = taking(*[30.0] * 20, *[300.0] * 20)

    assert pause_seconds(100, sketch, INTERVAL) == LONGEST * INTERVAL


def test_pauses_are_stretched_only_where_calls_do_not_suffice():
    assert stretch(wanted=40, share=80) == 1
    assert stretch(wanted=400, share=80) == 5
