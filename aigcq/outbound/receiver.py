"""What a webhook leads to, without anything that must not be told."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Self

from yarl import URL


@dataclass(frozen=True, slots=True)
class Receiver:
    """One that is told, by its URL without what nobody serves by: user, password and fragment."""

    name: str
    """A hash of scheme, host, port, path and query: at one path many may be told apart by the query alone, and who
    says that it is gone must speak for itself only."""
    host: str

    @classmethod
    def of(cls, text: str, name: str = "") -> Self:
        """Return the receiver at this URL, by its own name if it has one."""
        try:
            url = URL(text)
            host, place = url.raw_host or "", str(url.with_user(None).with_fragment(None)) if url.raw_host else text
        except ValueError:
            host, place = "", text
        return cls(name or sha256(place.encode("utf-8", "replace")).hexdigest()[:16], host)
