"""Who did what to the queue, for those who ask later. Never a secret, a prompt, or what a client sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

OPEN: Final = "open"
"""Whoever asks an API that wants no key."""
CLI: Final = "cli"
"""A command on a machine that reaches Redis; `name` is the user of the operating system."""
KEY: Final = "key"
"""An API key; `name` is its own, `key` its id."""
PROCESS: Final = "process"
"""One of our processes, at its start; `name` is the consumer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts."""

    who: str
    """`open`, `cli`, `key` or `process`."""
    name: str = ""
    key: str = ""
    """The id of the API key."""
    tenant: str = ""
    """As records have it: empty for the tenant without a name."""
    address: str = ""
    """The peer's, where a request came over the network."""

    def fields(self) -> dict[str, str]:
        """Return what is written down of who acts."""
        return {
            "who": self.who, "name": self.name, "key": self.key, "tenant": self.tenant, "address": self.address,
        }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What was done, as it is on record."""

    id: str
    at_ms: int
    """Redis time."""
    actor: Actor
    did: str
    """`pause`, `requeue`, `key create`, …"""
    on: str
    """The task, tenant, key or receiver; empty: the queue."""
    detail: str
    result: str
    """`done`, `nothing changed`, or what a cancel is answered."""

    @classmethod
    def read(cls, entry_id: str, fields: Mapping[str, str]) -> Deed:
        """Read one entry of the stream; what a newer release adds is left out."""
        told = {name: fields.get(name, "") for name in ("name", "key", "tenant", "address")}
        result = fields.get("result", "")
        return cls(
            id=entry_id,
            at_ms=int(entry_id.partition("-")[0]),
            actor=Actor(who=fields.get("who", ""), **told),
            did=fields.get("did", ""),
            on=fields.get("on", ""),
            detail=fields.get("detail", ""),
            result="done" if result.isdecimal() and result != "0" else _RESULTS.get(result, result),
        )


_RESULTS: Final[Mapping[str, str]] = {"0": "nothing changed"}
"""What the scripts answer."""
