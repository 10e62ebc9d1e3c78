"""Whose limit a refusal was."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aigcq.limit import Law, scopes
from aigcq.limit.scopes import Refusal, blame

SEEN = Refusal(
    model="A", limited=False, model_probe=False, account_probe=False, others=2, waiting=True, count=5, proven=6,
    full=False, own_proven=False, suspect="",
)  # fmt: skip
LAW = Law(policy="ceiling", default=4, minimum=2, maximum=12, decrease=2, increase=1, interval_ms=60_000, hold_ms=2000)
MODEL, ACCOUNT, BOTH = (True, False), (False, True), (True, True)


def test_where_the_account_has_taken_as_many_before_the_model_is_suspected():
    assert blame(SEEN) == (*MODEL, "A")


def test_of_one_model_alone_nobody_can_tell_and_the_account_is_told():
    assert blame(replace(SEEN, others=0, waiting=False)) == (*ACCOUNT, "")


def test_if_others_wait_the_model_is_suspected_and_they_go_on():
    assert blame(replace(SEEN, others=0, waiting=True)) == (*MODEL, "A")


@pytest.mark.parametrize("known", [{"limited": True}, {"account_probe": True}])
def test_beyond_what_the_account_has_taken_a_limited_model_or_a_probe_says_nothing_of_the_model(known):
    assert blame(replace(SEEN, proven=4, **known)) == (*ACCOUNT, "")


def test_beyond_what_the_account_has_taken_a_model_without_a_limit_is_tried_first():
    assert blame(replace(SEEN, proven=4)) == (*MODEL, "A")


def test_a_probe_of_the_model_alone_is_the_model_s():
    assert blame(replace(SEEN, limited=True, model_probe=True, proven=0, suspect="B")) == (*MODEL, "B")


def test_a_probe_of_both_is_the_account_s():
    assert blame(replace(SEEN, limited=True, model_probe=True, account_probe=True, proven=4)) == (*ACCOUNT, "")


def test_if_a_second_model_is_refused_before_anything_was_accepted_it_was_the_account():
    assert blame(replace(SEEN, suspect="B")) == (*ACCOUNT, "*")


@pytest.mark.parametrize("model", ["A", "B"])
def test_from_then_on_all_refusals_are_the_account_s_until_something_is_accepted(model):
    assert blame(replace(SEEN, model=model, suspect="*")) == (*ACCOUNT, "*")


def test_a_model_that_is_refused_again_stays_the_suspect():
    assert blame(replace(SEEN, limited=True, suspect="A")) == (*MODEL, "A")


def test_if_the_account_is_full_and_the_model_has_run_as_many_both_wait_a_moment():
    seen = replace(SEEN, limited=True, full=True, own_proven=True)

    assert blame(seen) == (*BOTH, "A")
    assert blame(replace(seen, full=False)) == blame(replace(seen, own_proven=False)) == (*MODEL, "A")


def test_a_refusal_in_a_row_of_the_same_model_is_the_model_s_alone():
    assert blame(replace(SEEN, limited=True, full=True, own_proven=True, suspect="A")) == (*MODEL, "A")


def test_a_model_may_have_less_than_the_account_must_and_begins_without_a_limit():
    assert scopes.law_of_model(LAW).minimum == 1
    assert scopes.begin(LAW, 1).threshold == LAW.maximum


def test_a_limit_of_a_model_goes_once_it_has_risen_to_the_account_s():
    account, low, high = (replace(scopes.begin(LAW, 1), threshold=threshold) for threshold in (4, 3, 4))

    assert not scopes.binds(low, high, account)
    assert scopes.binds(high, high, account)
    assert scopes.binds(low, low, account)
    assert scopes.binds(replace(low, threshold=2), low, account)
