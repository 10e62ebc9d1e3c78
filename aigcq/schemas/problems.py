"""What goes wrong, as a client reads it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any, Final

from pydantic_core import ErrorDetails

from aigcq.errors import InvalidRequest
from aigcq.schemas.answer import Answer, example
from aigcq.schemas.spend import BudgetState


class FieldError(Answer):
    """One field of a body that cannot be accepted."""

    field: str
    """Its name; dots and numbers lead into lists and objects: `reference_images.0.url`."""
    message: str
    """What is wrong with it."""
    allowed: list[Any] | None = None
    """What would do, where that can be listed; empty: the field must be left out."""


class Problem(Answer):
    """An error, as RFC 9457 has it (`application/problem+json`)."""

    model_config = example(
        type="about:blank",
        title="Unprocessable Entity",
        status=422,
        detail="Hailuo 2.3 has no resolution 4K.",
        code="invalid_request",
        advice="Correct the named field and send the request again.",
        errors=[{"field": "resolution", "message": "Hailuo 2.3 has no resolution 4K.", "allowed": ["768P", "1080P"]}],
    )

    type: str
    """Where this kind of error is explained."""
    title: str
    """The kind of error, for people; always the same for one `code`."""
    status: int
    """The HTTP status, again."""
    detail: str
    """What went wrong this time."""
    code: str
    """Stable name for machines."""
    advice: str = ""
    """What to do about it."""
    billed: str | None = None
    """Whether the vendor charged for it, if it was asked: `no` or `unknown`."""
    task_id: str | None = None
    """The task that this request may have become: its status tells whether it is there."""
    budget: BudgetState | None = None
    """The budget that has too little left."""
    errors: list[FieldError] = []
    """The fields at fault, for a refused body."""


def field_errors(problems: Iterable[ErrorDetails] | InvalidRequest) -> list[FieldError]:
    """The fields at fault, from pydantic's errors or from the catalogue's refusal.

    Holds nothing of the body but field names, and those short and in plain characters: a body may hold
    lone surrogates, which could not be sent back. At most 20: whoever makes more mistakes has a program that does.
    """
    if isinstance(problems, InvalidRequest):
        return [FieldError(field=problems.field, message=str(problems), allowed=problems.allowed)]
    return [_field_error(problem) for problem in islice(problems, MOST_ERRORS)]


MOST_ERRORS: Final = 20
NAME_MAX_CHARS: Final = 200


def spelt(name: str) -> str:
    """Return a name that a client has made up in characters that can be shown anywhere."""
    return shortened(ascii(name)[1:-1])


def shortened(text: str) -> str:
    """Return the beginning of what is too long to be repeated."""
    return text if len(text) <= NAME_MAX_CHARS else f"{text[:NAME_MAX_CHARS]}…"


def _field_error(problem: ErrorDetails) -> FieldError:
    context = problem.get("ctx", {})
    if problem["type"] == "json_invalid":
        why = f"is not JSON: {context.get('error')} at character {problem['loc'][-1]}"
        return FieldError(field="body", message=why)
    field = _path(problem["loc"])
    message = _NOT_JSON if field == "body" else _MESSAGES.get(problem["type"], problem["msg"])
    return FieldError(field=field, message=message, allowed=context.get("allowed"))


_NOT_JSON: Final = "must be a JSON object, sent with the header Content-Type: application/json"
_MESSAGES: Final = {
    "extra_forbidden": "There is no such field.",
    "uuid_parsing": "must be a task id, as POST /aigc/create returned it",
}
"""By pydantic's type of error, where its own words are for programmers."""


def _path(loc: Sequence[int | str]) -> str:
    """The name of a field; FastAPI puts first where it stands."""
    names = [str(part) for part in (loc[1:] if loc and loc[0] in _PLACES else loc) if part != "[key]"]
    return spelt(".".join(names)) or "body"


_PLACES: Final = ("body", "path", "query", "header")
