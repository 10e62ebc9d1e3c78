"""TC3-HMAC-SHA256, from the side that checks it.

Vendor source: cloud.tencent.com/document/api/266/34114 ("Signature v3").
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from aigcq.simulator.refusal import Refusal, missing, wrong_type

ALGORITHM: Final = "TC3-HMAC-SHA256"
TOLERANCE_SECONDS: Final = 300
SERVICE: Final = "vod"
_MUST_BE_SIGNED: Final = {"content-type", "host"}
_AUTHORIZATION: Final = re.compile(
    rf"{ALGORITHM} Credential=(?P<id>[^/\s]+)/(?P<date>\d{{4}}-\d\d-\d\d)/(?P<service>[a-z]+)/tc3_request, ?"
    r"SignedHeaders=(?P<headers>[a-z0-9;-]+), ?Signature=(?P<signature>[0-9a-f]{64})"
)


@dataclass(frozen=True, slots=True)
class Authorization:
    """The Authorization header, taken apart."""

    secret_id: str
    date: str
    service: str
    signed_headers: tuple[str, ...]
    signature: str


def parse(header: str) -> Authorization:
    """Take an Authorization header apart.

    Raises:
        Refusal: AuthFailure.InvalidAuthorization, if it is not a TC3 one that signs content-type and host.
    """
    found = _AUTHORIZATION.fullmatch(header)
    if found is None or not _MUST_BE_SIGNED.issubset(names := found["headers"].split(";")):
        raise Refusal("AuthFailure.InvalidAuthorization", "The Authorization header is malformed.")
    return Authorization(found["id"], found["date"], found["service"], tuple(names), found["signature"])


def canonical_hash(
    method: str, query: str, headers: Mapping[str, str], signed_headers: tuple[str, ...], payload: bytes
) -> str:
    """Return the hash of the canonical request. `headers` has lower-case names; values are lower-cased here.

    Lower-casing the values matters: people sign `x-tc-action:createaigcvideotask` and send it in mixed case.
    """
    signed = "".join(f"{name}:{headers.get(name, '').strip().lower()}\n" for name in signed_headers)
    if headers.get("x-tc-content-sha256") == "UNSIGNED-PAYLOAD":
        payload = b"UNSIGNED-PAYLOAD"
    body_hash = hashlib.sha256(payload).hexdigest()
    request = "\n".join((method, "/", query, signed, ";".join(signed_headers), body_hash))
    return hashlib.sha256(request.encode()).hexdigest()


def signature(secret_key: str, timestamp: int, service: str, request_hash: str) -> str:
    """Return the signature of a canonical request at `timestamp` (seconds), as 64 hex digits.

    The day in the scope is the UTC one of the timestamp, so a client that uses its local day fails.
    """
    date = datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%d")
    text = f"{ALGORITHM}\n{timestamp}\n{date}/{service}/tc3_request\n{request_hash}"
    key = f"TC3{secret_key}".encode()
    for part in (date, service, "tc3_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.digest(key, text.encode(), "sha256").hex()


def verify(
    method: str, query: str, headers: Mapping[str, str], payload: bytes, keys: Mapping[str, str], now: float
) -> str:
    """Return the SecretId whose key signed the request; `now` in seconds, `headers` with lower-case names.

    Raises:
        Refusal: in the vendor's order: MissingParameter or InvalidParameter for the timestamp,
            AuthFailure.InvalidAuthorization, .SignatureExpire, .TokenFailure, .SecretIdNotFound, .SignatureFailure.
    """
    timestamp = _timestamp(headers)
    claim = parse(headers.get("authorization", ""))
    if abs(now - timestamp) > TOLERANCE_SECONDS:
        raise Refusal("AuthFailure.SignatureExpire", "Signature expired. Check that the system time is correct.")
    if headers.get("x-tc-token"):
        raise Refusal("AuthFailure.TokenFailure", "The token is invalid.")
    if (key := keys.get(claim.secret_id)) is None:
        raise Refusal("AuthFailure.SecretIdNotFound", "The SecretId is not found, please ensure that it is correct.")
    digest = canonical_hash(method, query, headers, claim.signed_headers, payload)
    expected = signature(key, timestamp, SERVICE, digest)
    if not _in_scope(claim, timestamp) or not hmac.compare_digest(expected, claim.signature):
        raise bad_signature()
    return claim.secret_id


def bad_signature() -> Refusal:
    """The signature does not belong to the request and the key."""
    return Refusal(
        "AuthFailure.SignatureFailure",
        "The provided credentials could not be validated. Please check your signature is correct.",
        "您提供的凭证无法通过验证，请检查签名是否正确。",
    )


def _in_scope(claim: Authorization, timestamp: int) -> bool:
    return claim.service == SERVICE and claim.date == datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%d")


def _timestamp(headers: Mapping[str, str]) -> int:
    if not (text := headers.get("x-tc-timestamp")):
        raise missing("X-TC-Timestamp")
    if not re.fullmatch(r"[0-9]{1,11}", text):
        raise wrong_type("X-TC-Timestamp")
    return int(text)
