"""Clocks that differ, and calls that were held up."""

from __future__ import annotations

from email.utils import formatdate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aigcq.vendors.skew import Skew

unhurried = settings(deadline=None)  # how fast the machine is, is not what is tested

NOW = 1_800_000_000.0


def date(moment: float) -> str:
    return formatdate(moment, usegmt=True)


def test_a_difference_of_clocks_is_learnt_for_later_calls() -> None:
    skew = Skew(settle_seconds=1)

    skew.learn(NOW, date(NOW + 600))

    assert skew.correct(NOW + 1) == NOW + 601


def test_calls_on_their_way_in_the_same_hold_up_stay_as_old_as_they_are() -> None:
    skew = Skew(settle_seconds=1)

    skew.learn(NOW, date(NOW + 600))

    assert [skew.correct(NOW + late) for late in (-0.5, 0, 0.9)] == [NOW - 0.5, NOW, NOW + 0.9]


def test_a_hold_up_that_was_taken_for_a_difference_is_unlearnt_by_the_next_refusal() -> None:
    skew = Skew(settle_seconds=1)
    skew.learn(NOW, date(NOW + 600))  # held up for ten minutes; the clocks agree

    fresh = NOW + 601
    assert skew.correct(fresh) == fresh + 600  # the vendor refuses it
    skew.learn(fresh, date(fresh))
    skew.learn(NOW + 0.5, date(NOW + 602))  # another one of the same hold-up comes back late

    assert skew.correct(fresh + 1) == fresh + 1


@pytest.mark.parametrize("header", ["", "soon", "Wed, 99 Nov 2026 10:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_an_answer_without_a_date_teaches_nothing(header: str) -> None:
    skew = Skew(settle_seconds=0)

    skew.learn(NOW, header)

    assert skew.correct(NOW) == NOW


@unhurried
@given(header=st.text(max_size=40), moment=st.floats(0, 4e9))
def test_any_date_header_can_be_read(header: str, moment: float) -> None:
    skew = Skew(settle_seconds=0)

    skew.learn(moment, header)

    assert isinstance(skew.correct(moment), float)
