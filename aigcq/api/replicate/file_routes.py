"""`/v1/files`: what the libraries do with a file in an input, before they create the prediction."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final
from uuid import uuid4

from fastapi import APIRouter, Path, Request
from starlette.datastructures import FormData, UploadFile

from aigcq.api.dependencies import SettingsDep, StoreDep
from aigcq.api.pictures import checked
from aigcq.api.replicate.dependencies import Base
from aigcq.api.replicate.documented import errors
from aigcq.api.replicate.schema import FileObject
from aigcq.clock import SystemClock
from aigcq.errors import FileNotFound, InvalidRequest

router = APIRouter()
FileId = Annotated[str, Path(max_length=100, description="As `POST /v1/files` has answered it.")]
CONTENT: Final = "content"
MOST_FIELDS: Final = 10
METADATA_MAX_BYTES: Final = 64 * 1024
_FORM: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": [CONTENT],
                    "properties": {
                        CONTENT: {"type": "string", "format": "binary", "description": "A JPEG or a PNG."},
                        "metadata": {"type": "string", "description": "A JSON object, given back."},
                    },
                }
            }
        },
    }
}


@router.post("/files", status_code=201, responses=errors(400, 408, 413, 422, 429, 503), openapi_extra=_FORM)
async def create_file(request: Request, store: StoreDep, settings: SettingsDep, base: Base) -> FileObject:
    """Keep a picture for a prediction that names it as its first frame by `urls.get`, for AIGCQ_UPLOAD_SECONDS."""
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise InvalidRequest(CONTENT, f"A file must be sent as multipart/form-data, in the field {CONTENT}.")
    async with request.form(max_files=2, max_fields=MOST_FIELDS) as form:
        part, metadata = form.get(CONTENT), await _metadata(form)
        if not isinstance(part, UploadFile):
            raise InvalidRequest(CONTENT, f"A file must be sent in the field {CONTENT}.")
        picture = checked(await part.read(settings.max_upload_bytes + 1), settings.max_upload_bytes, CONTENT)
        name = (part.filename or "file").encode("utf-8", "replace").decode()
    file_id = str(uuid4())
    await store.uploads.put_file(file_id, picture.base64)
    now = datetime.fromtimestamp(SystemClock().now(), UTC)
    return FileObject(
        id=file_id,
        name=name,
        content_type="image/png" if picture.content.startswith(b"\x89PNG") else "image/jpeg",
        size=len(picture.content),
        etag=picture.digest,
        checksums={"sha256": picture.digest},
        metadata=metadata,
        created_at=now,
        expires_at=now + timedelta(seconds=settings.upload_seconds),
        urls={"get": f"{base}/v1/files/{file_id}"},
    )


@router.delete("/files/{file_id}", status_code=204, responses=errors(404, 422, 503))
async def delete_file(file_id: FileId, store: StoreDep) -> None:
    """Remove a file. Predictions that name it have a copy; erasing one of them removes both."""
    if not await store.uploads.drop_file(file_id):
        raise FileNotFound(file_id)


async def _metadata(form: FormData) -> dict[str, Any]:
    """Return what stands in `metadata`; the Node library sends it as a file."""
    part = form.get("metadata")
    text = await part.read(METADATA_MAX_BYTES) if isinstance(part, UploadFile) else part or ""
    try:
        found = json.loads(text) if text else {}
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise InvalidRequest("metadata", "metadata must be a JSON object of at most 64 KiB.")
    return found
