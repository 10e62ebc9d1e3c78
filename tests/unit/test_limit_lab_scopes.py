"""The bench where models have quotas of their own: the scopes find them, and nobody is held back for long."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from aigcq.limit.ceiling import Kind, Permit
from benchmarks.limit import run as bench
from benchmarks.limit.books import Books
from benchmarks.limit.law import Moment
from benchmarks.limit.ours import Ceiling
from benchmarks.limit.run import LAWS, run
from benchmarks.limit.scenarios import ALL
from benchmarks.limit.scopes import Scopes

NAMES = ("models", "front", "mmove", "mfree", "mlate")
HOUR = {name: replace(ALL[name], horizon=3600.0) for name in NAMES}


class Watched(Scopes):
    """The scopes, held to their limits at every grant."""

    def choose(self, moment: Moment, models: Iterator[str]) -> tuple[str, Permit, Permit | None] | None:
        chosen = super().choose(moment, models)
        if chosen:
            model, permit, of_model = chosen
            assert moment.live < self.threshold + (permit.kind is Kind.PROBE)
            assert (of_model is None) == (model not in self.models)
            if of_model:
                live, most = self.moment_of(model, moment).live, self.models[model].threshold
                assert live < most + (of_model.kind is Kind.PROBE)
        return chosen


@pytest.mark.parametrize("name", NAMES)
def test_no_permit_is_given_beyond_either_limit(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(bench.FOR_MODELS, Ceiling, Watched)

    assert run(Ceiling, HOUR[name], seed=1).done


def goodput(books: Books, name: str) -> float:
    return books.done / run(LAWS["oracle"], HOUR[name], seed=0).done


@pytest.mark.parametrize("name", NAMES)
def test_the_scopes_come_close_to_who_knows_the_quotas(name: str) -> None:
    books = run(LAWS["ceiling"], HOUR[name], seed=0)

    assert goodput(books, name) > (0.8 if name == "mlate" else 0.93)  # what is refused late is found slowly
    assert len(books.refusals) < 0.2 * books.done


def test_the_account_alone_is_held_back_by_the_first_model() -> None:
    assert goodput(run(LAWS["netflix"], HOUR["front"], seed=0), "front") < 0.3


def test_a_run_repeats_to_the_last_refusal() -> None:
    first, again = (run(LAWS["ceiling"], HOUR["models"], seed=0) for _ in range(2))

    assert first == again
