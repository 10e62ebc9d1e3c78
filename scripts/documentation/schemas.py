"""What the schemas of the OpenAPI document say, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from scripts.documentation.tables import paragraphs, table

FORMATS: Final = {"date-time": "time, ISO 8601", "uri": "URL", "binary": "bytes"}
BOUNDS: Final = {
    "minimum": "≥ {}",
    "exclusiveMinimum": "> {}",
    "maximum": "≤ {}",
    "exclusiveMaximum": "< {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {}",
    "maxItems": "at most {}",
    "pattern": "matches `{}`",
}


class Objects:
    """The objects that were named so far; each gets a section of its own."""

    def __init__(self, schemas: Mapping[str, Mapping[str, Any]]) -> None:
        self._schemas = schemas
        self._named: dict[str, None] = {}

    def name(self, reference: str) -> str:
        """Return how the object, or the words, that `reference` leads to are called on the page."""
        name = reference.rpartition("/")[2]
        schema = self._schemas[name]
        if "enum" in schema:
            return _words(schema["enum"])
        if not schema.get("properties"):
            return kind(schema, self) or name
        self._named[name] = None
        title = str(schema.get("title", name))
        return f"[{title}](#{title.lower().replace(' ', '-')})"

    def sections(self) -> Iterator[str]:
        """Return a section for each object that was named, also by those that come here."""
        done: dict[str, str] = {}
        while left := [name for name in self._named if name not in done]:
            for name in left:
                done[name] = self._section(name)
        return iter([done[name] for name in sorted(done, key=self._title)])

    def _title(self, name: str) -> str:
        return str(self._schemas[name].get("title", name))

    def _section(self, name: str) -> str:
        schema = self._schemas[name]
        required = schema.get("required", ())
        rows = [
            (f"`{field}`", "always" if field in required else "", kind(each, self), each.get("description", ""))
            for field, each in schema["properties"].items()
        ]
        head = ("field", "there", "is", "means")
        return paragraphs(f"### {self._title(name)}", schema.get("description", ""), table(head, rows))


def kind(schema: Mapping[str, Any], objects: Objects) -> str:
    """Return in words what a value of the schema is."""
    if "$ref" in schema:
        return objects.name(schema["$ref"])
    for alternatives in ("anyOf", "oneOf"):
        if alternatives in schema:
            return " or ".join(dict.fromkeys(kind(each, objects) for each in schema[alternatives]))
    if "allOf" in schema:
        return kind(schema["allOf"][0], objects)
    if "enum" in schema or "const" in schema:
        return _words(schema.get("enum", [schema.get("const")]))
    return _simple(schema, objects)


def _simple(schema: Mapping[str, Any], objects: Objects) -> str:
    if schema.get("type") == "array":
        return f"list of {kind(schema.get('items', {}), objects)}{_bounds(schema)}"
    if isinstance(more := schema.get("additionalProperties"), Mapping) and more:
        return f"object of {kind(more, objects)}"
    name = FORMATS.get(schema.get("format", ""), str(schema.get("type", "")))
    return name + _bounds(schema)


def _bounds(schema: Mapping[str, Any]) -> str:
    said = [words.format(schema[name]) for name, words in BOUNDS.items() if name in schema]
    return f", {', '.join(said)}" if said else ""


def _words(values: list[Any]) -> str:
    return ", ".join(f"`{value}`" for value in values)
