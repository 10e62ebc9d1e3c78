"""What a client has sent, whichever way: the Python and Node libraries always send a form, others JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from aigcq.api.bounds import as_base64
from aigcq.api.openai.brackets import decoded
from aigcq.api.pictures import Picture, checked, inside
from aigcq.api.strict import MAX_MEMBERS, parse
from aigcq.errors import InvalidRequest
from aigcq.schemas import spelt

REFERENCE: Final = "input_reference"
OBJECTS: Final = ("metadata", REFERENCE, "reference_images")
"""What may stand in one field of a form as JSON."""
_FORMS: Final = ("multipart/form-data", "application/x-www-form-urlencoded")


@dataclass(frozen=True, slots=True)
class Sent:
    """The fields of a body, and the picture that came with it."""

    fields: Mapping[str, Any]
    picture: Picture | None = None


async def read(request: Request, max_upload_bytes: int) -> Sent:
    """Return what `request` carries.

    Raises:
        HTTPException: 400, 408 or 413; the body cannot be read.
        InvalidRequest: a field is no field, is given twice, or holds a file that is none of the vendor's kinds.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        if kind in _FORMS:
            return await _form(request, max_upload_bytes)
        if kind == "application/json":
            return _with_picture(_json(await request.body()), max_upload_bytes)
    except ClientDisconnect:
        raise HTTPException(400, "The body did not arrive.") from None
    raise HTTPException(400, "The body must be sent as multipart/form-data or application/json.")


async def _form(request: Request, max_upload_bytes: int) -> Sent:
    # One field may be a `data:` URL, which the framework's 1 MiB for a field would refuse.
    most = as_base64(max_upload_bytes)
    async with request.form(max_files=1, max_fields=MAX_MEMBERS, max_part_size=most) as form:
        content = None
        for name, value in form.multi_items():
            if isinstance(value, UploadFile):
                if name != REFERENCE:
                    raise InvalidRequest(spelt(name), f"{spelt(name)} takes no file; {REFERENCE} does.")
                content = await value.read(max_upload_bytes + 1)
        fields = decoded((name, value) for name, value in form.multi_items() if isinstance(value, str))
    fields = {name: _unfolded(name, value) for name, value in fields.items()}
    if content is None:
        return _with_picture(fields, max_upload_bytes)
    if REFERENCE in fields:
        raise InvalidRequest(REFERENCE, f"{REFERENCE} is given as a file and as something else.")
    return Sent(fields, checked(content, max_upload_bytes, REFERENCE))


def _unfolded(name: str, value: Any) -> Any:
    if name in OBJECTS and isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            return parse(value.encode("utf-8", "surrogatepass"))
        except json.JSONDecodeError:
            raise InvalidRequest(name, f"{name} is not JSON.") from None
    return value


def _json(body: bytes) -> dict[str, Any]:
    try:
        fields = parse(body)
    except json.JSONDecodeError as error:
        raise InvalidRequest("body", f"The body is not JSON: {error.msg} at character {error.pos}.") from None
    if not isinstance(fields, dict):
        raise InvalidRequest("body", "The body must be a JSON object.")
    return fields


def _with_picture(fields: Mapping[str, Any], max_upload_bytes: int) -> Sent:
    """Take the picture out of a `data:` URL, if the reference is one."""
    given = fields.get(REFERENCE)
    url = given.get("image_url") if isinstance(given, Mapping) and set(given) == {"image_url"} else given
    if not isinstance(url, str) or not url.startswith("data:"):
        return Sent(fields)
    others = {name: value for name, value in fields.items() if name != REFERENCE}
    return Sent(others, inside(url, max_upload_bytes, REFERENCE))
