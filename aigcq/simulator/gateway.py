"""The API's front door: one POST endpoint, routed by X-TC-Action.

Order of errors, as the vendor's: headers, expiry, SecretId, signature, action and version, rate,
body. Every answer is HTTP 200 with Content-Type exactly `application/json`: with a charset behind it
the vendor's SDK does not see errors. Signed GET requests, which the vendor takes too, are left out.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any, Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from aigcq.simulator import schema
from aigcq.simulator.actions import Actions
from aigcq.simulator.call import Call
from aigcq.simulator.faults import Fault
from aigcq.simulator.refusal import Refusal, internal_error, missing, too_frequent
from aigcq.simulator.signature import bad_signature, verify
from aigcq.simulator.spoiled import SPOILED_AFTER, SPOILED_BEFORE, Dropped
from aigcq.simulator.vendor import Vendor

VERSION: Final = "2018-07-17"
BODY_LIMIT: Final = 10 * 1024 * 1024
_CREATE: Final = "CreateAigcVideoTask"


class Gateway:
    """Checks who calls and what they send, then lets the Action answer, and spoils that if a fault strikes."""

    def __init__(self, vendor: Vendor, actions: Actions) -> None:
        self._vendor = vendor
        self._actions = actions

    async def answer(self, request: Request) -> Response:
        """Answer one API request."""
        action = request.headers.get("x-tc-action", "")
        struck = self._vendor.dice.roll(_known(action), self._vendor.settings.faults)
        self._vendor.ledger.faults.update(struck)
        try:
            body = await _read(request)
            if spoiled := self._spoiled(struck, SPOILED_BEFORE):
                return spoiled
            answer = await self._answer(request, action, body, struck)
        except ClientDisconnect:
            return Dropped()
        except Refusal as refusal:
            self._vendor.ledger.requests[_known(action)][refusal.code] += 1
            answer = _error(refusal, request.headers.get("x-tc-language", ""))
        else:
            self._vendor.ledger.requests[action]["ok"] += 1
        if Fault.SLOW in struck:
            await self._vendor.clock.sleep(self._vendor.settings.slow_seconds)
        return self._spoiled(struck, SPOILED_AFTER) or _envelope(answer)

    def _spoiled(self, struck: frozenset[str], responses: Mapping[Fault, type[Response]]) -> Response | None:
        """Return what the client gets instead of the answer, if such a fault struck."""
        for fault, response in responses.items():
            if fault in struck:
                return response(self._vendor.settings.hang_seconds)
        return None

    async def _answer(
        self, request: Request, action: str, body: bytes | None, struck: frozenset[str]
    ) -> dict[str, Any]:
        """Return the Response of a request that is in order.

        Raises:
            Refusal: it is not.
        """
        if body is None:
            raise Refusal("RequestSizeLimitExceeded", f"The request is larger than {BODY_LIMIT} bytes.")
        secret_id = self._authenticate(request, body, struck)
        self._route(request, action)
        self._gate(secret_id, action, struck)
        if Fault.INTERNAL_ERROR in struck and action != _CREATE:  # a create decides it itself: SessionId may burn
            raise internal_error()
        params = schema.check(action, _json(body))
        base_url = self._vendor.settings.public_url.rstrip("/") or f"http://{request.headers.get('host', '')}"
        answer = await self._actions.table[action](Call(action, secret_id, params, struck, base_url))
        if Fault.INTERNAL_ERROR_AFTER in struck:
            raise internal_error()
        return answer

    def _authenticate(self, request: Request, body: bytes, struck: frozenset[str]) -> str:
        for name in ("X-TC-Action", "X-TC-Version"):
            if not request.headers.get(name):
                raise missing(name)
        settings = self._vendor.settings
        now = self._vendor.clock.now() + settings.gateway_skew_seconds
        headers = dict(request.headers.items())
        secret_id = verify(request.method, request.url.query, headers, body, settings.keys, now)
        if Fault.AUTH_FAILURE in struck:
            raise bad_signature()
        return settings.owners.get(secret_id, secret_id)

    def _route(self, request: Request, action: str) -> None:
        if request.headers["x-tc-version"] != VERSION:
            raise Refusal("NoSuchVersion", f"The version of the API must be {VERSION}.")
        if action not in self._actions.table:
            raise Refusal("InvalidAction", f"The action `{action}` is not valid.")

    def _gate(self, secret_id: str, action: str, struck: frozenset[str]) -> None:
        """Count the call against its rate; what is refused here has created nothing."""
        settings = self._vendor.settings
        limit = settings.create_rate if action == _CREATE else settings.describe_rate
        if Fault.THROTTLE_STORM in struck:
            raise too_frequent(limit + 1, limit)
        self._vendor.account(secret_id).count_call(action, int(self._vendor.clock.now()), limit)


async def _read(request: Request) -> bytes | None:
    """Return the body, or None if it is larger than the vendor takes."""
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= BODY_LIMIT:
            chunks.append(chunk)
    return b"".join(chunks) if size <= BODY_LIMIT else None


def _json(body: bytes) -> object:
    try:
        return json.loads(body or b"{}", parse_constant=_not_a_number)
    except (ValueError, RecursionError):
        raise Refusal("InvalidRequest", "The body is not valid JSON.") from None


def _not_a_number(name: str) -> None:
    """Refuse NaN and Infinity, which Python reads and JSON does not have."""
    raise ValueError(name)


def _known(action: str) -> str:
    """Return the Action as the ledger counts it: names that clients make up are counted as one."""
    return action if action in schema.ACTIONS else "unknown"


def _error(refusal: Refusal, language: str) -> dict[str, Any]:
    return {"Error": {"Code": refusal.code, "Message": refusal.text(language)}}


def _envelope(answer: Mapping[str, Any]) -> Response:
    document = {"Response": {**answer, "RequestId": str(uuid.uuid4())}}
    # A bare content type, and ASCII only: a prompt may hold half a surrogate pair, which UTF-8 cannot.
    return Response(json.dumps(document), headers={"Content-Type": "application/json"})
