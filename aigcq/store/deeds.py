"""Which verbs are written down, when somebody is known to act, and as what.

Not by each verb itself: a verb's text is put into one that runs it and writes down who did it and what came of it,
so that both happen or neither.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from aigcq.audit import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """How a verb is written down."""

    did: str
    on: int | None = 0
    """Which argument names what it is done to; None: the queue."""
    detail: int | None = None
    """Which argument says more."""
    others: bool = False
    """Only what is done to the task of another tenant: what a client does to its own is no news."""


AUDITED: Final = {
    "pause": Audited(did="pause", on=None, detail=0),
    "resume": Audited(did="resume", on=None),
    "cancel": Audited(did="cancel", others=True),
    "requeue": Audited(did="requeue"),
    "reorder": Audited(did="priority", detail=2),
    "erase": Audited(did="erase"),
    "outbox_replay": Audited(did="webhook replay"),
    "receiver_enable": Audited(did="webhook enable"),
    "receiver_disable": Audited(did="webhook disable"),
}
"""Verb -> how. A verb's first key is the task's record where `others` says something."""
DETAIL_MAX_CHARS: Final = 500


def deed_of(actor: Actor, verb: str, args: Sequence[Any]) -> str:
    """Return what is written down of a verb, but for what comes of it, as the script reads it."""
    how = AUDITED[verb]
    return told(
        actor,
        how.did,
        "" if how.on is None else str(args[how.on]),
        "" if how.detail is None else str(args[how.detail]),
        others=how.others,
    )


def told(actor: Actor, did: str, on: str, detail: str = "", *, others: bool = False) -> str:
    """Return a deed as JSON; `fields` is a flat list, in the order in which people read it."""
    fields = flat(actor, did, on, detail)
    return json.dumps({"fields": fields, "but": actor.tenant if others else None})


def flat(actor: Actor, did: str, on: str, detail: str = "") -> list[str]:
    """Return names and values of what is written down; what is empty is left out."""
    said = {**actor.fields(), "did": did, "on": on, "detail": detail[:DETAIL_MAX_CHARS]}
    return [each for pair in said.items() if pair[1] for each in pair]
