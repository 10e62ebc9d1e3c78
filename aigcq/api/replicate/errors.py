"""What Replicate's clients read of an error: `title`, `detail`, `status`, and what else a problem has.

Inside of OpenAI's envelope, which has the other paths under `/v1`: it leaves alone what is no problem any more.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aigcq.api.problems import PROBLEM

_OURS: Final = re.compile(
    "/v1/(?:(?:predictions|files|account|webhooks|deployments|collections|hardware|trainings)(?:/.*)?|models/[^/]+/.+)",
    re.DOTALL,  # a path may hold any character, and a line feed is one
)


def is_replicate(path: str) -> bool:
    """Whether a path is of this protocol; OpenAI's has `/v1` too, and `/v1/models/{model}` without an owner."""
    return _OURS.fullmatch(path) is not None


class Errors:
    """Turns problems into this protocol's errors, for its paths."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        ours = scope["type"] == "http" and is_replicate(scope["path"])
        await self._app(scope, receive, _Answer(send).send if ours else send)


class _Answer:
    """One answer on its way out; a problem is held until it is complete."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._held: Message | None = None
        self._body = b""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(raw=list(message["headers"]))
            if headers.get("content-type") == PROBLEM:
                self._held = message
                return
        elif self._held and message["type"] == "http.response.body":
            self._body += message.get("body", b"")
            if not message.get("more_body"):
                await self._tell(self._held)
            return
        await self._send(message)

    async def _tell(self, start: Message) -> None:
        body = json.dumps(told(json.loads(self._body))).encode()
        headers = MutableHeaders(raw=list(start["headers"]))
        headers["content-type"] = "application/json"
        headers["content-length"] = str(len(body))
        await self._send({**start, "headers": headers.raw})
        await self._send({"type": "http.response.body", "body": body})


def told(problem: Mapping[str, Any]) -> dict[str, Any]:
    """Return the problem with everything in its `detail`: the libraries show nothing else."""
    detail = problem["detail"]
    sentence = detail if detail.endswith((".", "!", "?")) else f"{detail}."
    allowed = next((each["allowed"] for each in problem.get("errors", []) if each.get("allowed")), None)
    words = f"Allowed: {', '.join(map(str, allowed))}." if allowed else ""
    return {**problem, "detail": " ".join(filter(None, [sentence, words, problem.get("advice", "")]))}
