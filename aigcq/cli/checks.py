"""One thing that `aigcq doctor` has looked at, and how it looks at all of them: each by itself, for a bounded time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from aigcq.diagnosis.redis import AWAY_ACTION
from aigcq.errors import AigcqError, StoreUnavailable

LONGEST_SECONDS: Final = 12.0
"""No check takes longer, whatever does not answer."""


class State(StrEnum):
    """What came of it."""

    OK = "ok"
    WARN = "warn"
    """It works, and something should be changed."""
    FAIL = "fail"
    """It does not work until something is changed."""
    SKIP = "skip"
    """It cannot be known, because of what failed before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What was seen, and what to change; neither ever holds a secret."""

    name: str
    state: State
    detail: str
    action: str = ""


def ok(name: str, detail: str) -> Check:
    return Check(name=name, state=State.OK, detail=detail)


def warn(name: str, detail: str, action: str) -> Check:
    return Check(name=name, state=State.WARN, detail=detail, action=action)


def fail(name: str, detail: str, action: str = "") -> Check:
    return Check(name=name, state=State.FAIL, detail=detail, action=action)


def skip(name: str, detail: str) -> Check:
    return Check(name=name, state=State.SKIP, detail=detail)


async def bounded(name: str, looking: Awaitable[Iterable[Check]]) -> list[Check]:
    """Return what a look gives; whatever goes wrong in it is one more check that failed."""
    try:
        async with asyncio.timeout(LONGEST_SECONDS):
            return list(await looking)
    except TimeoutError:
        return [fail(name, f"No answer within {LONGEST_SECONDS:g} seconds.", "See whether it can be reached at all.")]
    except StoreUnavailable as error:
        return [fail(name, str(error), AWAY_ACTION)]
    except AigcqError as error:
        return [fail(name, str(error), error.advice)]
    except Exception as error:  # a check that breaks must not keep the others from being made
        return [fail(name, f"This check broke: {type(error).__name__}.", "Please report it.")]
