"""What a webhook leads to, without anything that must not be told."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Self

from yarl import URL


@dataclass(frozen=True, slots=True)
class Receiver:
    """One that is told, by the part of its URL that stays the same."""

    name: str
    """A hash of scheme, host, port and path: those are the same receiver, whatever else their URLs say."""
    host: str

    @classmethod
    def of(cls, text: str, name: str = "") -> Self:
        """Return the receiver at this URL, by its own name if it has one."""
        try:
            url = URL(text)
            host, place = url.raw_host or "", str(url.origin().with_path(url.raw_path, encoded=True))
        except ValueError:
            host, place = "", text
        return cls(name or sha256(place.encode("utf-8", "replace")).hexdigest()[:16], host)
