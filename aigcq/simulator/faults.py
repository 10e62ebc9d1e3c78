"""What can go wrong on demand: names, probabilities, and a die that rolls the same way twice.

A fault is named after what the client sees. Without a prefix it strikes CreateAigcVideoTask;
with `describe_` it strikes DescribeTaskDetail and DescribeTasks. `_after` means that the request
was carried out before the answer was spoilt: the case that makes clients pay twice.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Fault(StrEnum):
    """Every fault but `async_fail:<ErrCodeExt>`, which is open-ended."""

    REQUEST_LOST = "request_lost"
    REPLY_LOST = "reply_lost"
    BAD_GATEWAY = "bad_gateway"
    BAD_GATEWAY_AFTER = "bad_gateway_after"
    BAD_JSON = "bad_json"
    BAD_JSON_AFTER = "bad_json_after"
    INTERNAL_ERROR = "internal_error"
    INTERNAL_ERROR_AFTER = "internal_error_after"
    HANG = "hang"
    HANG_AFTER = "hang_after"
    SLOW = "slow"
    THROTTLE_STORM = "throttle_storm"
    QUOTA = "quota"
    AUTH_FAILURE = "auth_failure"
    DUPLICATE_EVENT = "duplicate_event"


_EVERYWHERE: Final = frozenset({Fault.AUTH_FAILURE})

_CREATE_ONLY: Final = frozenset({Fault.QUOTA, Fault.DUPLICATE_EVENT}) | _EVERYWHERE
_READS: Final = frozenset({"DescribeTaskDetail", "DescribeTasks"})
_DESCRIBE: Final = "describe_"
_ASYNC_FAIL: Final = "async_fail:"

KNOWN: Final = (*Fault, *(f"{_DESCRIBE}{fault}" for fault in Fault if fault not in _CREATE_ONLY))
"""The names that settings may hold, besides `async_fail:<ErrCodeExt>`."""


def is_known(name: str) -> bool:
    """Return whether `name` may stand in the settings."""
    return name in KNOWN or (name.startswith(_ASYNC_FAIL) and len(name) > len(_ASYNC_FAIL))


class Dice:
    """Decides which faults strike a request.

    The decision depends only on the seed, the Action, how many requests of that Action came before,
    and the fault: not on the other faults, and not on how often somebody polled in between.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._requests: Counter[str] = Counter()

    def roll(self, action: str, faults: Mapping[str, float]) -> frozenset[str]:
        """Return the faults that strike the next request of `action`, without their prefix."""
        self._requests[action] += 1
        moment = f"{self._seed}/{action}/{self._requests[action]}"
        return frozenset(
            name
            for fault, probability in faults.items()
            if (name := _aimed_at(action, fault)) and random.Random(f"{moment}/{fault}").random() < probability
        )


def async_failure(struck: frozenset[str]) -> str | None:
    """Return the ErrCodeExt that an accepted task shall end with, if such a fault struck."""
    codes = sorted(name.removeprefix(_ASYNC_FAIL) for name in struck if name.startswith(_ASYNC_FAIL))
    return codes[0] if codes else None


def _aimed_at(action: str, fault: str) -> str | None:
    """Return the bare name of `fault` if it can strike `action`."""
    if fault in _EVERYWHERE or (action == "CreateAigcVideoTask" and not fault.startswith(_DESCRIBE)):
        return fault
    if action in _READS and fault.startswith(_DESCRIBE):
        return fault.removeprefix(_DESCRIBE)
    return None
