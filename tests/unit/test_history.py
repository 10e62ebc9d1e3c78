"""The history's values: rows stay small, quantiles are right within a bucket, what nobody has read is known."""

from __future__ import annotations

from dataclasses import replace
from statistics import quantiles

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigcq.history import (
    BOUNDS,
    MOST_NAMES,
    MOST_OF_MANY,
    OTHER,
    Gauges,
    Happened,
    Row,
    bucket_of,
    by_hour,
    folded,
    quantile,
)
from aigcq.model import Event
from aigcq.watched import MOST_GAPS, Extent, Watched

MINUTE = 30_000_000
SECONDS = st.floats(0.01, 200_000)


def happened(event: str, *, minute: int = MINUTE, model: str = "", **fields: str) -> Happened:
    return Happened(f"{minute * 60_000}-1", {"event": event, "task": "a", "status": ""} | fields, model)


def row(*events: Happened) -> Row:
    (found,) = folded(events).values()
    return found


@given(durations=st.lists(SECONDS, min_size=2, max_size=200), share=st.sampled_from([0.5, 0.9]))
def test_a_quantile_is_in_the_bucket_of_the_true_one(durations, share):
    counts = row(*[happened(Event.RELEASE, took_ms=str(round(each * 1000))) for each in durations]).generations
    true = sorted(durations)[max(0, -(-round(share * 1000) * len(durations) // 1000) - 1)]

    found = quantile(counts, share)

    bucket = bucket_of(round(true * 1000) / 1000)
    low, high = ((0.0, *BOUNDS)[bucket], (*BOUNDS, BOUNDS[-1])[bucket])
    assert low <= found <= max(low, high)


def test_within_a_bucket_durations_count_as_evenly_spread():
    even = [60 + 30 * (n + 0.5) / 100 for n in range(100)]
    counts = row(*[happened(Event.RELEASE, took_ms=str(round(each * 1000))) for each in even]).generations

    assert quantile(counts, 0.9) == pytest.approx(quantiles(even, n=10)[-1], rel=0.01)
    assert quantile({}, 0.5) is None


def test_a_row_tells_so_many_models_and_codes_apart_and_counts_the_rest_together():
    created = [happened(Event.CREATE, model=f"model-{n}") for n in range(50)]
    failed = [happened(Event.FAIL, model="model-0", code=f"code-{n}") for n in range(50)]

    found = row(*created, *failed)
    found.add(row(*[happened(Event.CREATE, model=f"another-{n}") for n in range(50)]))

    assert len(found.models) == len(found.codes) == MOST_NAMES + 1
    assert (found.models[OTHER][0], found.codes[OTHER]) == (100 - MOST_NAMES, 50 - MOST_NAMES)
    assert (found.count("created"), found.count("failed")) == (100, 50)


def test_a_week_of_minutes_and_a_season_of_hours_are_bounded():
    """Were every name as long as they get, and every bucket hit in every minute: a busy queue has a fifth of it."""
    fullest = Row([99_999] * 5, samples=30, sums=[99_999] * 3, tops=[99_999] * 3, thresholds=(12, 12))
    fullest.waits = fullest.generations = dict.fromkeys(range(len(BOUNDS) + 1), 999)
    sizes = []
    for most in (MOST_NAMES, MOST_OF_MANY):
        names = [f"{n:<22}" for n in range(most + 1)]
        named = replace(fullest, models=dict.fromkeys(names, [999] * 3), codes=dict.fromkeys(names, 999))
        sizes.append(len(named.written()) + 64)  # a field of a hash costs Redis about so much

    assert 7 * 1440 * sizes[0] + 90 * 24 * sizes[1] < 18_000_000


def test_a_refusal_counts_whether_it_came_at_once_or_late_and_an_error_whether_it_was_the_last():
    found = row(
        happened(Event.RETRY, code="vendor_throttled", next="0"),
        happened(Event.RETRY, code="vendor_throttled", next="1"),
        happened(Event.FAIL, code="vendor_throttled"),
        happened(Event.RETRY, code="vendor_failed", next="1"),
    )

    assert (found.count("refused"), found.count("failed")) == (3, 1)
    assert found.codes == {"vendor_throttled": 3, "vendor_failed": 1}


def test_what_is_kept_reads_as_it_was_and_minutes_make_an_hour():
    created = [happened(Event.CREATE, minute=MINUTE + n, model="Hailuo-2.3") for n in range(3)]
    minutes = folded([*created, *[happened(Event.SUBMIT, minute=MINUTE + n, waited_ms="7000") for n in range(3)]])
    for n, minute in enumerate(minutes.values()):
        minute.sample(Gauges(queued=n, waiting=0, live=10 * n, threshold=4 + n))

    assert all(Row.read(each.written()) == each for each in minutes.values())
    (hour,) = by_hour(minutes).values()
    assert (hour.count("created"), hour.waits, hour.models) == (3, {bucket_of(7): 3}, {"Hailuo-2.3": [3, 0, 0]})
    assert (hour.samples, hour.sums, hour.tops, hour.thresholds) == (3, [3, 0, 30], [2, 0, 20], (4, 6))


def test_queues_at_the_same_time_add_up():
    both = Row()
    for threshold, live in ((4, 3), (6, 5)):
        one = row(happened(Event.CREATE, model="Kling-3.0"))
        one.sample(Gauges(queued=10, waiting=0, live=live, threshold=threshold))
        one.sample(Gauges(queued=20, waiting=0, live=live, threshold=threshold))
        both.add_queue(one)

    assert (both.sums[0] / both.samples, both.tops, both.thresholds) == (30, [40, 0, 8], (10, 10))
    assert both.models == {"Kling-3.0": [2, 0, 0]}


READ = Watched(cursor="5000-0", place=100, since_ms=1000, turn=7)


@pytest.mark.parametrize(
    ("extent", "lost"),
    [
        (Extent(ever=100, length=10, first="4000-0", last="5000-0"), None),
        (Extent(ever=150, length=50, first="5001-0", last="9000-0"), None),
        (Extent(ever=150, length=49, first="6000-0", last="9000-0"), 1),
        (Extent(ever=150, length=0, first="0-0", last="9000-0"), 50),
        (Extent(ever=20, length=20, first="6000-0", last="9000-0"), -1),
    ],
    ids=["nothing new", "all that is new", "one dropped", "all dropped", "another stream"],
)
def test_what_was_dropped_before_it_was_read_is_known_to_the_event(extent, lost):
    found = READ.ready(extent, 9999)

    assert [gap.lost for gap in found.gaps] == ([] if lost is None else [lost])
    assert READ.turn == found.turn
    if lost:
        assert found.misses(5000, 6000)
        assert found.place == extent.ever - extent.length


def test_a_queue_that_nobody_has_watched_begins_with_what_is_there_and_misses_nothing_of_it():
    found = Watched().ready(Extent(ever=150, length=50, first="6000-0", last="9000-0"), 9999)

    assert (found.since_ms, found.place, found.gaps) == (6000, 100, ())
    assert found.misses(5999, 7000)
    assert not found.misses(6000, 9999)


def test_gaps_are_bounded_and_none_is_forgotten():
    watched = READ
    for n in range(3 * MOST_GAPS):
        seen = Extent(ever=watched.place + 2, length=1, first=f"{6000 + n}-0", last=f"{6000 + n}-0")
        watched = watched.ready(seen, 0).after(seen.last, 1)

    assert len(watched.gaps) == MOST_GAPS
    assert sum(gap.lost for gap in watched.gaps) == 3 * MOST_GAPS
    assert (watched.gaps[0].from_ms, watched.gaps[-1].to_ms) == (5000, 6000 + 3 * MOST_GAPS - 1)
