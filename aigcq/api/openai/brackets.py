"""Objects and lists in a form, as OpenAI's libraries write them: `metadata[order]=7`, `pictures[][url]=…`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from aigcq.errors import InvalidRequest
from aigcq.schemas import spelt

DEEPEST: Final = 5
"""No field needs more than three."""
_NAME: Final = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")


def decoded(parts: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Return the object that the fields of a form spell.

    Raises:
        InvalidRequest: a name is no name, a field is given twice, or as two different things.
    """
    found: dict[str, Any] = {}
    for name, value in parts:
        spelling = _NAME.fullmatch(name)
        steps = [spelling[1], *re.findall(r"\[([^\[\]]*)\]", spelling[2])] if spelling else []
        if not steps or len(steps) > DEEPEST:
            raise InvalidRequest(spelt(name), f"{spelt(name)} is not the name of a field.")
        if not _put(found, steps, value):
            raise InvalidRequest(spelt(steps[0]), f"{spelt(name)} is given more than once, or as two different things.")
    return found


def _put(place: Any, steps: list[str], value: Any) -> bool:
    """Put `value` where `steps` lead; return False if something else is in the way."""
    for step, following in zip(steps, steps[1:], strict=False):
        place = _entered(place, step, following)
        if place is None:
            return False
    last = steps[-1]
    if isinstance(place, list):
        place.append(value)
        return last == "" or last.isdecimal()
    if last == "" or last in place:
        return False
    place[last] = value
    return True


def _entered(place: Any, step: str, following: str) -> Any:
    """Return what is at `step`, made if need be; None if it is of the wrong kind."""
    kind = list if following == "" or following.isdecimal() else dict
    if isinstance(place, list):
        index = int(step) if step.isdecimal() and len(step) < 4 else None
        if not _goes_on(place, index, following):
            place.append(kind())
        inside = place[-1]
    else:
        inside = place.setdefault(step, kind()) if step else None
    return inside if isinstance(inside, kind) else None


def _goes_on(items: list[Any], index: int | None, following: str) -> bool:
    """Whether the field belongs to the last item: without a number, a name that comes again begins the next one."""
    if not items:
        return False
    return index == len(items) - 1 if index is not None else following not in items[-1]
