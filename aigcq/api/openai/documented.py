"""What the OpenAPI document says that the routes' signatures do not."""

from __future__ import annotations

from typing import Any, Final

from pydantic import BaseModel

from aigcq.api.openai.schema import CreateVideo, ErrorAnswer, RemixVideo

_MEANINGS: Final = {
    400: "A field is wrong, or the body cannot be read: the message says what is allowed. Nothing was enqueued.",
    402: "It may cost more than a budget or max_cost allows, or nobody knows what it costs. Nothing was enqueued.",
    404: "There is no such video, or it is not there yet.",
    408: "The body was not complete in time.",
    413: "The body is too large.",
    422: "The Idempotency-Key was used for another request.",
    429: "The backlog is at its limit: try again after `Retry-After` seconds.",
    503: "Redis does not answer: send the same again, it is recognised.",
}
_CREATE_EXAMPLE: Final = {
    "prompt": "A fox runs through snow",
    "model": "Hailuo-2.3",
    "seconds": "6",
    "size": "1280x720",
}


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the documentation of the errors that a route may answer with."""
    return {status: {"model": ErrorAnswer, "description": _MEANINGS[status]} for status in statuses}


def _schema(kind: type[BaseModel]) -> dict[str, Any]:
    """Return the schema of a body, whole: what it refers to would have to be among the document's components."""
    schema = kind.model_json_schema(ref_template="#/$defs/{model}")
    definitions = schema.pop("$defs", {})
    return dict(_inlined(schema, definitions))


def _inlined(part: Any, definitions: dict[str, Any]) -> Any:
    if isinstance(part, list):
        return [_inlined(each, definitions) for each in part]
    if not isinstance(part, dict):
        return part
    if name := part.get("$ref", ""):
        return _inlined(definitions[name.rpartition("/")[2]], definitions)
    return {key: _inlined(value, definitions) for key, value in part.items()}


def _form(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of the same as a form: the picture may be a file."""
    file = {"type": "string", "format": "binary", "description": "The first frame: a JPEG or PNG, or its URL."}
    return schema | {"properties": schema["properties"] | {"input_reference": file}}


_CREATE: Final = _schema(CreateVideo)
CREATE: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": _CREATE, "example": _CREATE_EXAMPLE},
            "multipart/form-data": {"schema": _form(_CREATE)},
        },
    }
}
REMIX: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": _schema(RemixVideo), "example": {"prompt": "The same at night"}}},
    }
}
CONTENT: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "The file.", "content": {"video/mp4": {"schema": {"type": "string", "format": "binary"}}}},
    206: {"description": "The part of it that `Range` asks for."},
    307: {"description": "The file is at `Location`."},
}
