"""How many requests a key may make in a minute: before anything of a request is read but its head.

Told in the words of the IETF's draft (draft-ietf-httpapi-ratelimit-headers-11): `RateLimit-Policy` says what is
allowed, `RateLimit` what is left of it. A key without a limit is told nothing, and costs nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from hashlib import sha256
from ipaddress import IPv6Address, ip_address
from typing import Final

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aigcq.api import problems
from aigcq.api.gate import caller_of
from aigcq.api.keyring import Keyring
from aigcq.api.rights import OPEN
from aigcq.errors import AigcqError, TooManyRequests
from aigcq.store.rates import WINDOW_SECONDS, Admission

IPV6_BITS: Final = 64
"""Of an address that tell one household or machine from the next; the rest it chooses by itself."""


@dataclass(frozen=True, slots=True)
class Limit:
    """How many requests whom."""

    policy: str
    """What it is called in headers: `key` or `address`."""
    bucket: str
    per_minute: int

    def headers(self, told: Admission) -> list[tuple[bytes, bytes]]:
        """Return what is allowed and what is left, as headers; where nothing is left, until when."""
        left_for = told.full_seconds if told.left else told.next_seconds
        allowed = f'"{self.policy}";q={self.per_minute};w={WINDOW_SECONDS}'
        left = f'"{self.policy}";r={told.left};t={math.ceil(left_for)}'
        return [(b"ratelimit-policy", allowed.encode()), (b"ratelimit", left.encode())]


class Rate:
    """Lets requests in as fast as their key may make them; others are answered here, and nothing is done."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        tell = send
        try:
            if limit := await _limit(scope):
                admission = await scope["app"].state.store.rates.admit(limit.bucket, limit.per_minute)
                tell = _telling(limit.headers(admission), send)
                if not admission.admitted:
                    raise TooManyRequests(limit.policy, limit.per_minute, math.ceil(admission.next_seconds))
        except AigcqError as error:
            problem = await problems.told(Request(scope), error)
            await problem(scope, receive, tell)
            return
        await self._app(scope, receive, tell)


async def _limit(scope: Scope) -> Limit | None:
    """Return how many requests this one is of; None: any number.

    Raises:
        StoreUnavailable: nobody can say now.
    """
    caller, state = caller_of(scope), scope["app"].state
    keyring: Keyring = state.keyring
    if caller.key_id:
        per_minute = (await keyring.settings_of(caller)).requests_per_minute
        return Limit("key", f"key:{caller.key_id}", per_minute) if per_minute else None
    per_minute = state.settings.requests_per_minute
    if not per_minute or not keyring.open or scope["path"] in OPEN or not scope.get("client"):
        return None
    return Limit("address", f"address:{_place(scope['client'][0])}", per_minute)


def _place(address: str) -> str:
    """Return what stands for where a request comes from; hashed, for what a proxy says of it may be anything."""
    try:
        found = ip_address(address)
    except ValueError:
        return sha256(address.encode()).hexdigest()[:16]
    whole = str(int(found) >> (128 - IPV6_BITS)) if isinstance(found, IPv6Address) else address
    return sha256(whole.encode()).hexdigest()[:16]


def _telling(headers: list[tuple[bytes, bytes]], send: Send) -> Send:
    async def tell(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], *headers]
        await send(message)

    return tell
