"""What each route takes: a scope, or nothing. The one table of it; the OpenAPI document says the same."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from aigcq.api.problems import PROBLEM
from aigcq.caller import Scope

OPEN: Final = frozenset({"/", "/docs", "/docs/oauth2-redirect", "/redoc", "/openapi.json", "/health", "/health/live"})
"""Paths for which nobody needs a key."""
METRICS: Final = "/metrics"
"""For which there is a token of its own too."""
PAGES: Final = "/console/"
"""Begins the paths of the console's assets, which are nobody's: what it shows, it fetches with a key."""
LOOKING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
OPERATORS: Final = "keys|tenants|audit|workers|dead|queue/(pause|resume|limit)|metrics/history"
"""What only operators have a use for, under /aigc."""
TABLE: Final[Sequence[tuple[re.Pattern[str], Scope, Scope]]] = (
    (re.compile(f"/aigc/({OPERATORS})(/.*)?", re.DOTALL), Scope.ADMIN, Scope.ADMIN),
    (re.compile(METRICS), Scope.ADMIN, Scope.ADMIN),
    (re.compile(".*", re.DOTALL), Scope.READ, Scope.CREATE),
)
"""Paths, what it takes to look there, and what to do something; the first one counts."""
SIGNED: Final = re.compile("/aigc/(videos/[^/]+(/thumbnail)?|tasks/[^/]+/events)")
"""What can be had by a signed address: files, and what happens to one task."""


def needed(method: str, path: str) -> Scope | None:
    """Return the scope that a request takes; None: none, and no key."""
    if path in OPEN or path.startswith(PAGES):
        return None
    looking, doing = next((looking, doing) for paths, looking, doing in TABLE if paths.fullmatch(path))
    return looking if method in LOOKING else doing


def documented(document: dict[str, Any]) -> dict[str, Any]:
    """Return the OpenAPI `document` with what each operation takes, and what it answers to who has not got it."""
    schemes = document.setdefault("components", {}).setdefault("securitySchemes", {})
    schemes["key"] = {
        "type": "http",
        "scheme": "bearer",
        "description": "An API key, `aigcq_…`. Needed once one is made: see docs/how-to/keys-and-tenants.md.",
    }
    schemes["link"] = {
        "type": "apiKey",
        "in": "query",
        "name": "signature",
        "description": "A signed address, as the status of a task tells it: with `expires`, and as it is.",
    }
    refusals = _refusals(document)
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if scope := needed(method.upper(), path):
                _secure(operation, path, scope, refusals)
    return document


def _secure(operation: dict[str, Any], path: str, scope: Scope, refusals: Mapping[str, Any]) -> None:
    links: list[dict[str, list[str]]] = [{"link": []}] if SIGNED.fullmatch(path) else []
    operation["security"] = [{"key": []}, *links, {}]  # the last: nobody needs one until the first is made
    operation["description"] = f"{operation.get('description', '')}\n\nScope: `{scope}`.".lstrip()
    content = refusals[operation["tags"][0]]
    meanings = {
        "401": "No key, or none that is in force.",
        "403": f"The key has not the scope `{scope}`.",
        "429": "More requests than the key may make in a minute: try again after `Retry-After` seconds.",
    }
    for status, meaning in meanings.items():
        operation["responses"].setdefault(status, {"description": meaning, "content": content})


def _refusals(document: dict[str, Any]) -> Mapping[str, Any]:
    """Return the content of a refusal by the tag of its operation: each face has its own words."""
    found: dict[str, Any] = {}
    operations = [each for path in document["paths"].values() for each in path.values()]
    for operation in operations:
        for status, response in operation["responses"].items():
            if int(status) >= 400 and response.get("content"):
                found.setdefault(operation["tags"][0], response["content"])
    ours = {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {operation["tags"][0]: found.get(operation["tags"][0], ours) for operation in operations}
