"""TC3-HMAC-SHA256, the vendor's "Signature v3", as a pure function.

Vendor source: cloud.tencent.com/document/api/266/34114.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final

ALGORITHM: Final = "TC3-HMAC-SHA256"
_NONE: Final[Mapping[str, str]] = MappingProxyType({})


def sign(
    *,
    secret_id: str,
    secret_key: str,
    service: str,
    host: str,
    payload: bytes,
    timestamp: int,
    content_type: str = "application/json",
    more_headers: Mapping[str, str] = _NONE,
) -> str:
    """Return the Authorization header of a POST to `/`.

    `host` is the Host header as it is sent, port included; `timestamp` (seconds since 1970) is sent as
    X-TC-Timestamp. content-type and host are always signed, `more_headers` only if given.
    """
    headers = {"content-type": content_type, "host": host} | {name.lower(): v for name, v in more_headers.items()}
    names = ";".join(sorted(headers))
    # The day is that of the timestamp in UTC: with a local one every signature fails for some hours a day.
    scope = f"{datetime.fromtimestamp(timestamp, UTC):%Y-%m-%d}/{service}/tc3_request"
    text = f"{ALGORITHM}\n{timestamp}\n{scope}\n{_sha256(_canonical(headers, names, payload).encode())}"
    signature = hmac.digest(_signing_key(secret_key, scope), text.encode(), "sha256").hex()
    return f"{ALGORITHM} Credential={secret_id}/{scope}, SignedHeaders={names}, Signature={signature}"


def _canonical(headers: Mapping[str, str], names: str, payload: bytes) -> str:
    lines = "".join(f"{name}:{headers[name].strip().lower()}\n" for name in names.split(";"))
    return "\n".join(("POST", "/", "", lines, names, _sha256(payload)))


def _signing_key(secret_key: str, scope: str) -> bytes:
    key = f"TC3{secret_key}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
