"""Delays: they double, they are capped, and they are spread."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from aigcq.backoff import equal_jitter, full_jitter, spread

TRIES = st.integers(1, 10_000)
BASE = st.floats(0.01, 60)
LONGEST = st.floats(0.01, 3600)


@given(tries=TRIES, base=BASE, longest=LONGEST, seed=st.integers())
def test_full_jitter_is_between_0_and_the_ceiling(tries, base, longest, seed):
    ceiling = min(longest, base * 2.0 ** min(tries - 1, 64))

    assert 0 <= full_jitter(tries, base, longest, Random(seed)) <= ceiling


@given(tries=TRIES, base=BASE, longest=LONGEST, seed=st.integers())
def test_equal_jitter_is_at_least_half_the_ceiling(tries, base, longest, seed):
    ceiling = min(longest, base * 2.0 ** min(tries - 1, 64))

    assert ceiling / 2 <= equal_jitter(tries, base, longest, Random(seed)) <= ceiling


@given(seconds=st.floats(0, 3600), share=st.floats(0, 1), seed=st.integers())
def test_spread_is_within_its_share(seconds, share, seed):
    found = spread(seconds, Random(seed), share)

    assert seconds * (1 - share) * 0.999 <= found <= seconds * (1 + share) * 1.001


def test_the_delays_of_many_tasks_are_spread_over_the_whole_range():
    delays = [full_jitter(3, 2, 300, rng) for rng in map(Random, range(500))]

    assert min(delays) < 0.5
    assert max(delays) > 7.5
    assert 3 < sum(delays) / len(delays) < 5
