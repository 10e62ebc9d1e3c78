"""Every HTTP operation, from the OpenAPI document that the service itself answers with."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from aigcq.api.app import create_app
from aigcq.api.rights import needed
from aigcq.config import Settings
from scripts.documentation.schemas import Objects, kind
from scripts.documentation.tables import paragraphs, table

FACES: Final[Mapping[str, str]] = {
    "tasks": "Tasks",
    "events": "Events",
    "videos": "Videos",
    "webhooks": "Webhooks",
    "spend": "Spending",
    "keys": "Keys",
    "tenants": "Tenants",
    "operators": "For operators",
    "operation": "Health",
    "openai": "OpenAI's protocol",
    "replicate": "Replicate's protocol",
}
"""Tags of the document in the order of this page; what is not named here comes after them, by its own name."""
EVERYWHERE: Final = frozenset({"401", "403", "408", "413", "429", "503"})
"""Refusals that any operation may answer with: told once, at the head of the page, and here only if it is its own."""


def reference() -> str:
    """Return a section for each tag with its operations, and then the objects that they take and give."""
    document = create_app(Settings(_env_file=None)).openapi()
    objects = Objects(document["components"]["schemas"])
    by_tag: dict[str, list[str]] = {}
    for path, method, operation in _operations(document):
        section = _section(path, method, operation, objects)
        by_tag.setdefault(operation["tags"][0], []).append(section)
    order = [*(tag for tag in FACES if tag in by_tag), *(tag for tag in by_tag if tag not in FACES)]
    faces = [paragraphs(f"## {FACES.get(tag, tag.capitalize())}", *by_tag[tag]) for tag in order]
    return paragraphs(*faces, "## Objects", *objects.sections())


def _operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method.upper(), operation


def _section(path: str, method: str, operation: Mapping[str, Any], objects: Objects) -> str:
    scope = needed(method, path)
    takes = f"Takes the scope `{scope}`." if scope else "Takes no key."
    said = re.sub(r"\n*Scope: `\w+`\.$", "", operation.get("description", ""))
    return paragraphs(
        f"### {method} {path}",
        said,
        takes,
        _parameters(operation, objects),
        _body(operation, objects),
        _answers(operation, objects),
    )


def _parameters(operation: Mapping[str, Any], objects: Objects) -> str:
    rows = [
        (
            f"`{each['name']}`",
            each["in"],
            kind(each["schema"], objects),
            _help(each),
        )
        for each in operation.get("parameters", [])
    ]
    return table(("parameter", "in", "is", "means"), rows)


def _help(parameter: Mapping[str, Any]) -> str:
    text: str = parameter.get("description", "")
    default = parameter["schema"].get("default")
    needed_too = "Required. " if parameter.get("required") and parameter["in"] != "path" else ""
    shown = f" Default: `{default}`." if default not in (None, "", []) else ""
    return f"{needed_too}{text}{shown}".strip()


def _body(operation: Mapping[str, Any], objects: Objects) -> str:
    content = operation.get("requestBody", {}).get("content", {})
    takes = [f"{kind(each.get('schema', {}), objects)} (`{media}`)" for media, each in content.items()]
    return f"Body: {', or '.join(takes)}." if takes else ""


def _answers(operation: Mapping[str, Any], objects: Objects) -> str:
    rows = [
        (status, _given(response, objects), response.get("description", ""))
        for status, response in sorted(operation["responses"].items())
        if status not in EVERYWHERE
    ]
    return table(("answer", "holds", "when"), [(status, holds, _plain(when)) for status, holds, when in rows])


def _given(response: Mapping[str, Any], objects: Objects) -> str:
    kinds = (
        kind(each.get("schema", {}), objects) or f"`{media}`" for media, each in response.get("content", {}).items()
    )
    return " or ".join(dict.fromkeys(kinds))


def _plain(when: str) -> str:
    return "" if when == "Successful Response" else when
