"""What holds for every answer under `/v1`: errors in OpenAI's envelope, whether to try again, and a request id.

Around everything else, for a client cannot tell whose answer it gets: a route's, the framework's, or that of
whoever refused the body.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aigcq import telemetry
from aigcq.api.problems import PROBLEM
from aigcq.errors import AigcqError, IdempotencyConflict

log = telemetry.logger()

PREFIX: Final = "/v1"
LONGEST_RETRY_SECONDS: Final = 120
"""The libraries give up at once when they are told to wait longer."""
_AGAIN: Final = frozenset({408, 429, 500, 502, 503, 504})
"""What may be different next time. A create may be sent again after any of them: it is recognised."""
_TYPES: Final[Mapping[int, str]] = {
    401: "authentication_error",
    402: "insufficient_quota",
    403: "permission_error",
    404: "not_found_error",
    409: "conflict_error",
    429: "rate_limit_error",
}


class Envelope:
    """Turns problems into OpenAI's errors, for every path under `/v1`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not f"{scope['path']}/".startswith(f"{PREFIX}/"):
            await self._app(scope, receive, send)
            return
        answer = _Answer(send)
        try:
            await self._app(scope, receive, answer.send)
        except Exception as error:
            if not answer.begun:
                log.error("internal error", path=scope["path"], error=type(error).__name__)
                await answer.fail()
            raise  # the server logs its traceback


class _Answer:
    """One answer on its way out; a problem is held until it is complete."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._held: Message | None = None
        self._body = b""
        self.begun = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.begun = True
            headers = MutableHeaders(raw=list(message["headers"]))
            headers.setdefault("x-request-id", f"req_{uuid4().hex}")
            message = {**message, "headers": headers.raw}
            if headers.get("content-type") == PROBLEM:
                self._held = message
                return
        elif self._held and message["type"] == "http.response.body":
            self._body += message.get("body", b"")
            if not message.get("more_body"):
                await self._tell(json.loads(self._body))
            return
        await self._send(message)

    async def fail(self) -> None:
        """Answer for a fault of ours."""
        problem = {
            "status": 500, "code": AigcqError.code, "detail": "A fault in aigcq stopped this request.",
            "advice": AigcqError.advice,
        }  # fmt: skip
        await self.send(
            {"type": "http.response.start", "status": 500, "headers": [(b"content-type", PROBLEM.encode())]}
        )
        await self.send({"type": "http.response.body", "body": json.dumps(problem).encode()})

    async def _tell(self, problem: Mapping[str, Any]) -> None:
        assert self._held
        status, body = enveloped(problem)
        sent = Headers(raw=self._held["headers"])
        headers = {name: value for name, value in sent.items() if name not in ("content-type", "content-length")}
        headers |= {"content-type": "application/json", "content-length": str(len(body))}
        headers["x-should-retry"] = "true" if status in _AGAIN else "false"
        if (after := headers.get("retry-after", "")).isdecimal():
            headers["retry-after"] = str(min(int(after), LONGEST_RETRY_SECONDS))
        raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        await self._send({"type": "http.response.start", "status": status, "headers": raw})
        await self._send({"type": "http.response.body", "body": body})


def enveloped(problem: Mapping[str, Any]) -> tuple[int, bytes]:
    """Return the status and the body of a problem, as OpenAI's clients expect them."""
    status, code = problem["status"], problem["code"]
    if status == HTTPStatus.UNPROCESSABLE_ENTITY and code != IdempotencyConflict.code:
        status = HTTPStatus.BAD_REQUEST  # what their own service says to a wrong field
    errors = problem.get("errors") or [{}]
    # The libraries show nothing but the message: it has to say everything.
    detail = problem["detail"]
    sentence = detail if detail.endswith((".", "!", "?")) else f"{detail}."
    said = [sentence, _allowed(errors[0].get("allowed")), problem.get("advice", "")]
    kind = "server_error" if status >= 500 else _TYPES.get(status, "invalid_request_error")
    error = {
        "message": " ".join(filter(None, said)),
        "type": kind,
        "param": errors[0].get("field"),
        "code": code,
    }
    error |= {name: problem[name] for name in ("task_id", "budget") if problem.get(name)}
    return int(status), json.dumps({"error": error}).encode()


def _allowed(values: list[Any] | None) -> str:
    return f"Allowed: {', '.join(map(str, values))}." if values else ""
