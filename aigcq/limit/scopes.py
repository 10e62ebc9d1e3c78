"""Whose limit it was: the account's, or the model's.

The account has a limit always, a model only once the numbers say that it has: every model that has none
costs nothing. A permit needs room in both. What the vendor refuses is news of one of them, and it does
not say of which. Each limit follows the law `ceiling` on its own.

`store/lua/shared/scopes.lua` is the same blame in Redis.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from aigcq.limit import ceiling
from aigcq.limit.law import Law
from aigcq.limit.state import State

ACCOUNT: Final = "account"
THE_ACCOUNT_ITSELF: Final = "*"
"""The suspect once two models were refused with nothing accepted between."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """What is known when the vendor refuses a task of `model`, or fails it because too many are live."""

    model: str
    limited: bool
    """Whether the model has a limit."""
    model_probe: bool
    account_probe: bool
    """Which limits the permit was above."""
    others: int
    """Live tasks of other models."""
    waiting: bool
    """Whether a task of another model is queued."""
    count: int
    """How many were live with it."""
    proven: int
    """So many the account has accepted since its last cut; if refusals come late, so many have ended well."""
    full: bool
    """Whether with it the account had as many as its threshold."""
    own_proven: bool
    """Whether the model has accepted as many as were live of it with this one, since its last cut."""
    suspect: str
    """The model that was last blamed by its numbers, with nothing accepted since."""


class Blame(NamedTuple):
    """Who is told of a refusal, and who is the suspect then."""

    model: bool
    account: bool
    suspect: str


def blame(seen: Refusal) -> Blame:
    """Return whose the refusal is.

    Where there is one model only nobody can tell, and the account is told. Else a model is suspected if the
    account has taken as many before; or, at the cost of one more refusal, if it is not known how many it takes:
    then others go on. If another model is refused before anything was accepted it was the account.
    If the account is full and the model has run as many before, a slot may be free only a moment later: both wait.
    """
    if seen.limited and seen.model_probe and not seen.account_probe:
        return Blame(True, False, seen.suspect)
    if not seen.others and not seen.waiting:
        return Blame(False, True, seen.suspect)
    if seen.proven < seen.count and (seen.account_probe or seen.limited):
        return Blame(False, True, seen.suspect)
    if seen.suspect not in ("", seen.model):
        return Blame(False, True, THE_ACCOUNT_ITSELF)
    return Blame(True, seen.full and seen.own_proven and not seen.suspect, seen.model)


def law_of_model(law: Law) -> Law:
    """Return the law of a model: it may run one video only, whatever the account must be allowed."""
    return replace(law, minimum=1, default=law.maximum)


def begin(law: Law, now_ms: int) -> State:
    """Return what is known of a model before its first refusal: nothing limits it."""
    return ceiling.State.start(law_of_model(law), now_ms)


def binds(before: State, after: State, account: State) -> bool:
    """Return whether a model's limit is still one after it moved; if it has risen to the account's it goes."""
    return after.threshold <= before.threshold or after.threshold < account.threshold
