"""Whose limit it was: the account's, or the model's.

The account has a limit always, a model only once the numbers say that it has: every model that has none
costs nothing. A permit needs room in both. What the vendor refuses is news of one of them, and it does
not say of which. Each limit follows the law `ceiling` on its own.

`store/lua/shared/scopes.lua` is the same blame in Redis.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

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
    suspect: str
    """The model that was last blamed by its numbers, with nothing accepted since."""


def blame(seen: Refusal) -> tuple[bool, str]:
    """Return whether the refusal is the model's and not the account's, and who is the suspect then.

    Where there is one model only nobody can tell, and the account is told. Else a model is suspected if the
    account has taken as many before; or, at the cost of one more refusal, if it is not known how many it takes:
    then others go on. If another model is refused before anything was accepted it was the account.
    """
    if seen.limited and seen.model_probe and not seen.account_probe:
        return True, seen.suspect
    if not seen.others and not seen.waiting:
        return False, seen.suspect
    if seen.proven < seen.count and (seen.account_probe or seen.limited):
        return False, seen.suspect
    if seen.suspect not in ("", seen.model):
        return False, THE_ACCOUNT_ITSELF
    return True, seen.model


def law_of_model(law: Law) -> Law:
    """Return the law of a model: it may run one video only, whatever the account must be allowed."""
    return replace(law, minimum=1, default=law.maximum)


def begin(law: Law, now_ms: int) -> State:
    """Return what is known of a model before its first refusal: nothing limits it."""
    return ceiling.State.start(law_of_model(law), now_ms)


def binds(before: State, after: State, account: State) -> bool:
    """Return whether a model's limit is still one after it moved; if it has risen to the account's it goes."""
    return after.threshold <= before.threshold or after.threshold < account.threshold
