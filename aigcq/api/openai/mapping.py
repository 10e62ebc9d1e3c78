"""From what a client of this protocol asks for to the request that goes on record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from aigcq.api.openai.names import Names
from aigcq.api.openai.schema import RENAMED, CreateVideo
from aigcq.api.openai.sizes import fitted
from aigcq.catalogue import Catalogue
from aigcq.errors import InvalidRequest
from aigcq.request import StoredRequest, VideoRequest


def requested(body: CreateVideo, picture_digest: str, names: Names, catalogue: Catalogue) -> StoredRequest:
    """Return the request, resolved; `picture_digest` is of a picture that was sent with it, or empty.

    Raises:
        InvalidRequest: for the first field that is wrong, by its name in this protocol.
    """
    version = names.find(body.model)
    reference = body.input_reference
    if body.image_url and (reference or picture_digest):
        raise InvalidRequest(
            "input_reference", "The first frame is given twice: leave out input_reference or image_url."
        )
    asked = {name: getattr(body, name) for name in VideoRequest.model_fields} | {
        "model_name": version.model,
        "model_version": version.version,
        "duration": body.seconds,
        "tasks_priority": body.priority,
        "upload": picture_digest,
    }
    if reference:
        asked |= {"image_url": reference.image_url, "file_id": reference.file_id}
    request = StoredRequest.model_construct(**asked)
    if body.size:
        request = request.model_copy(update=dict(fitted(version, request, body.size)))
    with _named(body):
        return resolved(request, catalogue)


def remixed(request: Mapping[str, Any], prompt: str, catalogue: Catalogue) -> StoredRequest:
    """Return a request that is on record with another prompt.

    Raises:
        InvalidRequest: the model cannot do that, or not any more.
    """
    with _named(None):
        return resolved(StoredRequest.model_validate({**request, "prompt": prompt}), catalogue)


def resolved(request: StoredRequest, catalogue: Catalogue) -> StoredRequest:
    """Return the request as it will be sent; see `Catalogue.resolve`."""
    return StoredRequest.model_construct(**dict(catalogue.resolve(request)))


@contextmanager
def _named(body: CreateVideo | None) -> Iterator[None]:
    """Let a refusal name the field as the client knows it."""
    try:
        yield
    except InvalidRequest as error:
        name = _given_as(error.field, body)
        if name == error.field:
            raise
        raise InvalidRequest(name, str(error), error.allowed) from None


def _given_as(field: str, body: CreateVideo | None) -> str:
    if body and body.size and field in ("resolution", "aspect_ratio") and getattr(body, field) is None:
        return "size"
    if field == "image_url" and not (body and body.image_url):
        return "input_reference"
    return RENAMED.get(field, field)
