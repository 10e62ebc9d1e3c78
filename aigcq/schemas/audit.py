"""Who did what, as admins read it."""

from __future__ import annotations

from pydantic import AwareDatetime

from aigcq.schemas.answer import Answer


class AuditEntry(Answer):
    """One deed. What is not known is left empty."""

    id: str
    """Names the entry; a later one has a greater id."""
    at: AwareDatetime
    """When it was done."""
    who: str
    """`key`, `cli` (a command on a machine that reaches Redis), `open` (nobody needs a key), or `process` of ours."""
    name: str
    """The name of the key, the user of the operating system, or the process."""
    key: str
    """The id of the key."""
    tenant: str
    """Whose key it is."""
    address: str
    """Where the request came from, as the server saw it."""
    did: str
    """What: `pause`, `resume`, `cancel`, `requeue`, `priority`, `erase`, `webhook replay`, `key create`, …"""
    on: str
    """To which task, tenant, key or receiver; empty: to the queue."""
    detail: str
    """The reason of a pause, the new priority, …"""
    result: str
    """`done`, `nothing changed`, or what a cancel is answered."""


class AuditPage(Answer):
    """A page of what was done, the newest first."""

    entries: list[AuditEntry]
    """At most `limit`."""
    next_cursor: str | None = None
    """Give it as `cursor` to read on; null: those were the last."""
