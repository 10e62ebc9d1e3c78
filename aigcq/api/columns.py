"""From rows of the history to the columns that a plot is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from aigcq.history import BOUNDS, BY_MODEL, COUNTS, GAUGES, Row, quantile
from aigcq.schemas.history import Column, Histogram, Level, MetricsHistory, MissedEvents, OfModel, Thresholds
from aigcq.store.history import Past
from aigcq.watched import Gap

NOTHING = Row()
"""In a step of which all is known nothing has happened."""


def columns(past: Past, step_ms: int, steps: range) -> MetricsHistory:
    """Return the columns of these steps, counted from 1970."""
    rows = [past.rows.get(step) for step in steps]
    counted = [_counted(past, row, step * step_ms, step_ms) for step, row in zip(steps, rows, strict=True)]
    begin, end = steps.start * step_ms, steps.stop * step_ms
    return MetricsHistory.model_validate(
        {
            "step_seconds": step_ms // 1000,
            "from": _moment(begin),
            "to": _moment(end),
            "at": [step * step_ms // 1000 for step in steps],
            **{name: _level(rows, index) for index, name in enumerate(GAUGES)},
            "threshold": Thresholds(min=_threshold(rows, 0), max=_threshold(rows, 1)),
            **{name: [row.counts[index] if row else None for row in counted] for index, name in enumerate(COUNTS)},
            "by_model": {model: _of_model(counted, model) for model in _names(counted, lambda row: row.models)},
            "by_code": {
                code: [row.codes.get(code, 0) if row else None for row in counted]
                for code in _names(counted, lambda row: row.codes)
            },
            "wait_seconds": _histogram(counted, lambda row: row.waits),
            "generation_seconds": _histogram(counted, lambda row: row.generations),
            "missed": [_missed(gap) for gap in past.gaps if gap.meets(begin, end)],
        }
    )


def _counted(past: Past, row: Row | None, begin_ms: int, step_ms: int) -> Row | None:
    """Return what was counted in a step; None if that was not everything."""
    if row and past.knows(begin_ms, begin_ms + step_ms) is not False:
        return row
    return NOTHING if past.knows(begin_ms, begin_ms + step_ms) else None


def _level(rows: Sequence[Row | None], index: int) -> Level:
    seen = [row if row and row.samples else None for row in rows]
    return Level(
        avg=[round(row.sums[index] / row.samples, 2) if row else None for row in seen],
        max=[row.tops[index] if row else None for row in seen],
    )


def _threshold(rows: Sequence[Row | None], end: int) -> Column:
    return [row.thresholds[end] if row and row.thresholds else None for row in rows]


def _names(rows: Sequence[Row | None], of: Callable[[Row], Mapping[str, object]]) -> Sequence[str]:
    return sorted({name for row in rows if row for name in of(row)})


def _of_model(rows: Sequence[Row | None], model: str) -> OfModel:
    none = [0] * len(BY_MODEL)
    found = [row.models.get(model, none) if row else None for row in rows]
    return OfModel(**{name: [each[index] if each else None for each in found] for index, name in enumerate(BY_MODEL)})


def _histogram(rows: Sequence[Row | None], of: Callable[[Row], Mapping[int, int]]) -> Histogram:
    found = [of(row) if row else {} for row in rows]
    return Histogram(
        p50=[_rounded(quantile(counts, 0.5)) for counts in found],
        p90=[_rounded(quantile(counts, 0.9)) for counts in found],
        bounds=list(BOUNDS),
        counts=[[counts.get(bucket, 0) for bucket in range(len(BOUNDS) + 1)] if counts else [] for counts in found],
    )


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 2)


def _missed(gap: Gap) -> MissedEvents:
    lost = gap.lost if gap.lost >= 0 else None
    return MissedEvents.model_validate({"from": _moment(gap.from_ms), "to": _moment(gap.to_ms), "lost": lost})


def _moment(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)
