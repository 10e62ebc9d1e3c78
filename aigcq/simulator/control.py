"""What tests and people may see and change, outside the API and without a signature."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from aigcq.simulator.ledger import by_session, row
from aigcq.simulator.page import landing
from aigcq.simulator.settings import SettingsError
from aigcq.simulator.vendor import Vendor


class Control:
    """The endpoints under `/_simulator/`, and the landing page."""

    def __init__(self, vendor: Vendor) -> None:
        self._vendor = vendor
        self.routes = [
            Route("/", self.landing, methods=["GET"]),
            Route("/_simulator/health", self.health, methods=["GET"]),
            Route("/_simulator/ledger", self.ledger, methods=["GET"]),
            Route("/_simulator/counters", self.counters, methods=["GET"]),
            Route("/_simulator/settings", self.settings, methods=["GET"]),
            Route("/_simulator/settings", self.change, methods=["PATCH"]),
            Route("/_simulator/clock", self.advance, methods=["POST"]),
            Route("/_simulator/reset", self.reset, methods=["POST"]),
        ]

    async def landing(self, request: Request) -> Response:
        """Tell a person who opens the address what this is."""
        return HTMLResponse(landing(self._counters(), self._vendor.settings))

    async def health(self, request: Request) -> Response:
        """Say that the process answers."""
        return _json({"status": "ok"})

    async def counters(self, request: Request) -> Response:
        """Return the ledger without its tasks."""
        return _json(self._counters())

    async def ledger(self, request: Request) -> Response:
        """Return every remembered task, the accepted tasks per SessionId, and the counters."""
        counters = self._counters()
        tasks, now = self._vendor.tasks(), self._vendor.now()
        rows = [row(task, now) for task in tasks]
        return _json({**counters, "sessions": by_session(tasks), "tasks": rows})

    async def settings(self, request: Request) -> Response:
        """Return the settings, without keys."""
        return _json(self._vendor.settings.as_json())

    async def change(self, request: Request) -> Response:
        """Change the settings named in the body; 422 names what is wrong, and changes nothing then."""
        try:
            self._vendor.change(self._vendor.settings.changed(_object(await request.body())))
        except SettingsError as error:
            return _json({"errors": error.problems}, 422)
        return _json(self._vendor.settings.as_json())

    async def advance(self, request: Request) -> Response:
        """Move the vendor's clock on by `advance_seconds`; never back, for what has happened has happened."""
        try:
            body = _object(await request.body())
        except SettingsError as error:
            return _json({"errors": error.problems}, 422)
        seconds = body.get("advance_seconds")
        if not isinstance(seconds, int | float) or not 0 <= seconds < 1e9 or set(body) != {"advance_seconds"}:
            return _json({"errors": {"advance_seconds": "must be sent alone, a number of at least 0"}}, 422)
        self._vendor.advance(float(seconds))
        return _json({"now": self._vendor.now()})

    async def reset(self, request: Request) -> Response:
        """Forget everything and return to the settings the simulator was started with."""
        self._vendor.reset()
        return _json({"status": "ok"})

    def _counters(self) -> dict[str, Any]:
        now = self._vendor.settle()
        accounts = self._vendor.accounts()
        return {
            "now_ms": round(now * 1000),
            **self._vendor.ledger.counters(),
            "live": sum(account.live for account in accounts.values()),
            "unfinished": sum(account.unfinished() for account in accounts.values()),
            "accounts": {name: {"live": each.live, "max_live": each.max_live} for name, each in accounts.items()},
        }


def _json(document: dict[str, Any], status: int = 200) -> Response:
    """Return JSON in ASCII: a prompt may hold half a surrogate pair, which UTF-8 cannot."""
    return Response(json.dumps(document), status, media_type="application/json")


def _object(body: bytes) -> dict[str, Any]:
    """Return the JSON object in `body`; SettingsError if it is none."""
    try:
        document = json.loads(body)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise SettingsError({"body": "must be a JSON object"})
    return document
