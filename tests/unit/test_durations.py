"""The sketch of durations: bounded, close to what it was shown, and forgetful."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigcq.durations import ENOUGH, GROWTH, LAST_BUCKET, MOST, NOTHING, Sketch, Weights, bucket_of, kind_of, observe

SECONDS = st.floats(0, 400_000)
MANY = st.lists(SECONDS, min_size=1, max_size=300)
SHARES = st.floats(0, 1)


def sketch(seconds: list[float]) -> Sketch:
    weights: Weights = {}
    for each in seconds:
        weights = observe(weights, each)
    return Sketch(weights)


@given(seconds=MANY)
def test_a_sketch_is_bounded_however_much_it_is_shown(seconds):
    shown = sketch(seconds)

    assert 0 < shown.total <= MOST
    assert set(shown.weights) <= set(range(LAST_BUCKET + 1))


@given(seconds=st.lists(st.floats(1, 200_000), min_size=1, max_size=int(MOST)), share=SHARES)
def test_a_quantile_is_within_a_tenth_of_a_duration_that_was_shown(seconds, share):
    found = sketch(seconds).quantile(share)

    assert any(each / GROWTH / 1.001 <= found <= each * GROWTH * 1.001 for each in seconds) or found < GROWTH


@given(seconds=MANY, one=SHARES, other=SHARES)
def test_quantiles_rise_with_the_share(seconds, one, other):
    shown = sketch(seconds)

    assert shown.quantile(min(one, other)) <= shown.quantile(max(one, other))


@given(seconds=MANY, age=SECONDS, within=st.floats(0, 1000))
def test_a_hazard_is_a_probability_and_rises_with_the_time_it_is_given(seconds, age, within):
    shown = sketch(seconds)

    assert -1e-9 <= shown.hazard(age, within) <= shown.hazard(age, within * 2) + 1e-9 <= 1 + 1e-6


@given(seconds=MANY)
def test_beyond_all_that_was_observed_an_end_is_certain(seconds):
    assert sketch(seconds).hazard(10_000_000, 1) == 1


def test_a_vendor_that_has_changed_is_believed_within_a_hundred_videos():
    shown = sketch([300.0] * 500 + [60.0] * 100)

    assert shown.quantile(0.5) == pytest.approx(60, rel=0.15)


def test_a_few_observations_foretell_nothing():
    assert not NOTHING.tells
    assert not sketch([60.0] * int(ENOUGH - 1)).tells
    assert sketch([60.0] * int(ENOUGH)).tells


def test_fields_that_this_release_does_not_know_are_ignored():
    assert Sketch.from_record({"40": "2.5", "changed_ms": "7"}).weights == {40: 2.5}


def test_off_peak_videos_are_a_kind_of_their_own():
    assert kind_of("Kling-2.5", off_peak=True) != kind_of("Kling-2.5", off_peak=False) == "Kling-2.5"
    assert kind_of("", off_peak=True) == ""


@pytest.mark.parametrize(("seconds", "bucket"), [(0, 0), (1, 0), (1.11, 1), (1e9, LAST_BUCKET)])
def test_a_duration_has_one_bucket(seconds, bucket):
    assert bucket_of(seconds) == bucket
