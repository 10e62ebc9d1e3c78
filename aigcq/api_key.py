"""What a caller shows to say who it is: `aigcq_<id>_<secret>`.

At rest there is only the SHA-256 of the secret. That is enough, and a slow hash would protect nothing more: the
secret is 256 random bits, which nobody finds by trying, however fast a try is.
"""

from __future__ import annotations

import hmac
import re
import secrets
import string
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, NamedTuple, Self

from aigcq.caller import Caller, Scope

ID_BYTES: Final = 6
SECRET_CHARS: Final = 43
"""Of 62 characters each: 256 bits."""
NAME_MAX_CHARS: Final = 100
_ALPHABET: Final = string.ascii_letters + string.digits
_FORM: Final = re.compile(r"aigcq_([0-9a-f]{12})_([0-9A-Za-z]{43})", re.ASCII)


class Shown(NamedTuple):
    """A key as its owner has it."""

    id: str
    """By which it is looked up and spoken of; no secret."""
    secret: str

    @classmethod
    def new(cls) -> Self:
        """Make a key."""
        return cls(secrets.token_hex(ID_BYTES), "".join(secrets.choice(_ALPHABET) for _ in range(SECRET_CHARS)))

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Return the key that `text` is; None: it is none."""
        found = _FORM.fullmatch(text)
        return cls(found[1], found[2]) if found else None

    @property
    def text(self) -> str:
        return f"aigcq_{self.id}_{self.secret}"

    @property
    def hash(self) -> str:
        """What is kept of the secret."""
        return sha256(self.secret.encode("ascii")).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key as it is on record. Times are milliseconds of Redis time; 0: never."""

    id: str
    hash: str
    tenant: str = ""
    """As records have it: empty for the tenant without a name."""
    name: str = ""
    """What people know it by."""
    scopes: Collection[Scope] = ()
    created_ms: int = 0
    expires_ms: int = 0
    """From then on it is good for nothing."""
    revoked_ms: int = 0
    last_used_ms: int = 0
    """To the minute."""

    @classmethod
    def from_hash(cls, key_id: str, stored: Mapping[str, str]) -> Self:
        """Read the hash `key:<id>`; scopes of a newer release are ignored."""
        known = frozenset(Scope(word) for word in stored.get("scopes", "").split(",") if word in set(Scope))
        times = {name: int(float(stored.get(name) or 0)) for name in TIMES}
        return cls(
            id=key_id,
            hash=stored.get("hash", ""),
            tenant=stored.get("tenant", ""),
            name=stored.get("name", ""),
            scopes=known,
            **times,
        )

    @property
    def caller(self) -> Caller:
        """Who has this key."""
        return Caller(tenant=self.tenant, scopes=self.scopes, key_id=self.id)

    def opens(self, shown: Shown) -> bool:
        """Whether `shown` is this key; it takes as long if it is not."""
        return hmac.compare_digest(self.hash.encode(), shown.hash.encode())

    def over(self, now_ms: float) -> bool:
        """Whether it has expired."""
        return 0 < self.expires_ms <= now_ms


TIMES: Final = ("created_ms", "expires_ms", "revoked_ms", "last_used_ms")
