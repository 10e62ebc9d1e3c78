"""Which verbs are written down, when somebody is known to act, and as what.

Not by each verb itself: a verb's text is put into one that runs it and writes down who did it and what came of it,
so that both happen or neither.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from aigcq.audit import Actor
from aigcq.tenant import outward


class Said(NamedTuple):
    """What is written down of a verb, but for who it was and what came of it."""

    did: str
    on: str = ""
    """The task, tenant, key or receiver; empty: the queue."""
    detail: str = ""
    others: bool = False
    """Only if it is done to the task of another tenant: what a client does to its own is no news."""


Args = Sequence[Any]
How = Callable[[Sequence[str], Args], Said]
"""Takes the keys and the arguments of a verb."""


def _key_made(_: Sequence[str], args: Args) -> Said:
    made = json.loads(args[1])
    named = f", {made['name']}" if made.get("name") else ""
    return Said("key create", args[0], f"{outward(made['tenant'])}: {made['scopes']}{named}")


def _key_ended(keys: Sequence[str], args: Args) -> Said:
    key_id = keys[0].rpartition(":")[2]
    return Said("key rotate", key_id, f"ends in {args[0] / 1000:g} s") if args[0] else Said("key revoke", key_id)


def _bounded(_: Sequence[str], args: Args) -> Said:
    told = [f"{name} {value}" for name, value in zip(("minimum", "maximum"), args[:2], strict=True) if value]
    return Said("limit", detail=", ".join(told) or "as the settings say")


AUDITED: Final[Mapping[str, How]] = {
    "pause": lambda _, args: Said("pause", detail=args[0]),
    "resume": lambda *_: Said("resume"),
    "bound": _bounded,
    "drain": lambda _, args: Said("drain", args[0]),
    "cancel": lambda _, args: Said("cancel", args[0], others=True),
    "requeue": lambda _, args: Said("requeue", args[0]),
    "reorder": lambda _, args: Said("priority", args[0], str(args[2])),
    "erase": lambda _, args: Said("erase", args[0]),
    "outbox_replay": lambda _, args: Said("webhook replay", args[0]),
    "receiver_enable": lambda _, args: Said("webhook enable", args[0]),
    "receiver_disable": lambda _, args: Said("webhook disable", args[0]),
    "key_add": _key_made,
    "key_end": _key_ended,
}
"""Verb -> how. A verb's first key is the task's record where `others` says something."""
DETAIL_MAX_CHARS: Final = 500


def deed_of(actor: Actor, verb: str, keys: Sequence[str], args: Args) -> str:
    """Return what is written down of a verb, but for what comes of it, as the script reads it."""
    said = AUDITED[verb](keys, args)
    return json.dumps({"fields": flat(actor, said), "but": actor.tenant if said.others else None})


def flat(actor: Actor, said: Said) -> list[str]:
    """Return names and values of what is written down; what is empty is left out."""
    fields = {**actor.fields(), "did": said.did, "on": said.on, "detail": said.detail[:DETAIL_MAX_CHARS]}
    return [each for pair in fields.items() if pair[1] for each in pair]
