"""Who makes a request: for which tenant, and what it may do."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Scope(StrEnum):
    """What a key is good for."""

    CREATE = "create"
    """To make tasks, which costs money, and to do with one's own what can be done with tasks."""
    READ = "read"
    """To look at one's own tasks, their files and events, and at the queue."""
    ADMIN = "admin"
    """Everything, for every tenant: whoever may make keys could make one for whatever else there is."""


DEFAULT_SCOPES: Final = frozenset({Scope.CREATE, Scope.READ})
"""Of a key of which nothing else is said."""
ANYONE: Final = "*"
"""In place of a tenant whose tasks may be seen: those of all of them. No tenant can be called that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who makes a request."""

    tenant: str = ""
    """As records have it: to it belongs what the caller makes."""
    scopes: Collection[Scope] = frozenset({Scope.ADMIN})
    key_id: str = ""
    """Of the key; empty: it has none."""
    link_expires: int = 0
    """It has a signed address instead of a key: good for that address, whoever's it is, and for nothing else, until
    then, in seconds since 1970."""

    @property
    def sees(self) -> str:
        """Whose tasks it may know of: one tenant's, or ANYONE's."""
        return ANYONE if self.link_expires or Scope.ADMIN in self.scopes else self.tenant

    @property
    def oversees(self) -> bool:
        """Whether it is told whose a task is: an administrator's key, or nobody needs one."""
        return Scope.ADMIN in self.scopes and not self.link_expires

    def may(self, scope: Scope) -> bool:
        """Whether it may do what takes `scope`."""
        return scope in self.scopes or Scope.ADMIN in self.scopes


OPERATOR: Final = Caller()
"""Who works on the store itself, and everyone for as long as nobody needs a key."""
