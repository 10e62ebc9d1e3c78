"""Addresses of ours, as a client reaches them; signed ones where it will have no key to show.

An address is signed for its path, which names the task, and so for one tenant's: a task never changes its own.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Final
from urllib.parse import parse_qs

from aigcq.caller import Caller, Scope
from aigcq.clock import Clock
from aigcq.errors import InvalidLink

EXPIRES: Final = "expires"
SIGNATURE: Final = "signature"
MAX_DIGITS: Final = 12


def bearer_until(expires: int) -> Caller:
    """Return who has a signed address, and nothing else."""
    return Caller(scopes=frozenset({Scope.READ}), link_expires=expires)


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs addresses, and knows its own again."""

    secret: str
    life_seconds: int
    clock: Clock
    until: int = 0
    """What it signs ends by then, in seconds since 1970: who has only a signed address gets none that lasts longer."""

    def signed(self, path: str) -> str:
        """Return `path` with what lets a client have it without a key, for as long as AIGCQ_LINK_SECONDS."""
        latest = int(self.clock.now()) + self.life_seconds
        expires = str(min(latest, self.until) if self.until else latest)
        return f"{path}?{EXPIRES}={expires}&{SIGNATURE}={self._signature(path, expires)}"

    def check(self, path: str, query: Mapping[str, str]) -> int:
        """Return until when an address is good that was signed, and is not over.

        Raises:
            InvalidLink: it is not.
        """
        expires, signature = query.get(EXPIRES, ""), query.get(SIGNATURE, "")
        if not hmac.compare_digest(self._signature(path, expires).encode(), signature.encode()):
            raise InvalidLink("The signature of this address is not ours.")
        if not expires.isdecimal() or int(expires) <= self.clock.now():  # its form is ours, for the signature is
            raise InvalidLink("This signed address is over.")
        return int(expires)

    def _signature(self, path: str, expires: str) -> str:
        signed = hmac.new(self.secret.encode(), f"{path}\n{expires}".encode(errors="backslashreplace"), sha256)
        return urlsafe_b64encode(signed.digest()).decode().rstrip("=")


class Base(str):
    """How a client reaches us: scheme and host. With a signer, what it will fetch without a key is signed."""

    signer: Signer | None = None

    @classmethod
    def of(cls, url: str, signer: Signer | None) -> Base:
        base = cls(url)
        base.signer = signer
        return base


def address(base: str, path: str) -> str:
    """Return the address of a file of ours, or of a stream, for a client that may have no way to show a key."""
    signer = base.signer if isinstance(base, Base) else None
    return f"{base}{signer.signed(path) if signer else path}"


def signed_address(base: str, path: str) -> str | None:
    """Return the address if it needs a signature; None: a client that knows the path knows it all."""
    return address(base, path) if isinstance(base, Base) and base.signer else None


def signed_query(raw: bytes) -> Mapping[str, str] | None:
    """Return what a query says of a signature; None: nothing."""
    if SIGNATURE.encode() not in raw:
        return None
    found = parse_qs(raw.decode("latin-1"), keep_blank_values=True, max_num_fields=None)
    return {name: values[0] for name, values in found.items() if len(values) == 1}
