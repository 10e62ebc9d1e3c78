"""Pictures that come with a request: what is one, and where it waits."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from aigcq import telemetry
from aigcq.errors import AigcqError, InvalidRequest, StoreUnavailable
from aigcq.store import Store
from aigcq.store.tasks import NewTask, View

log = telemetry.logger()
SIGNATURES: Final = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")
"""How JPEG and PNG begin; the name and the media type of a file are what its sender believes."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that was sent with a request."""

    content: bytes

    @property
    def digest(self) -> str:
        return sha256(self.content).hexdigest()

    @property
    def base64(self) -> str:
        return base64.b64encode(self.content).decode("ascii")


def checked(content: bytes, max_upload_bytes: int, name: str) -> Picture:
    """Return the picture that `content` is, of the field `name`.

    Raises:
        InvalidRequest: it is too large, or of another kind than the vendor takes.
    """
    if len(content) > max_upload_bytes:
        limit = f"{name} is larger than {max_upload_bytes} bytes, which AIGCQ_MAX_UPLOAD_BYTES allows"
        raise InvalidRequest(name, f"{limit}: give its URL instead.")
    if not content.startswith(SIGNATURES):
        raise InvalidRequest(name, f"{name} is neither a JPEG nor a PNG.", ["image/jpeg", "image/png"])
    return Picture(content)


def inside(url: str, max_upload_bytes: int, name: str) -> Picture:
    """Return the picture in a `data:` URL, of the field `name`.

    Raises:
        InvalidRequest: there is none in it.
    """
    head, _, data = url.partition(",")
    try:
        if not head.endswith(";base64"):
            raise ValueError
        content = base64.b64decode(data, validate=True)
    except (ValueError, binascii.Error):
        raise InvalidRequest(name, f"{name} is a data: URL without Base64.") from None
    return checked(content, max_upload_bytes, name)


async def enqueued(store: Store, new: NewTask, picture: str | None) -> View:
    """Put the picture, as Base64, where it waits, then the task in the queue; one without a task is removed.

    Raises:
        AigcqError: see `Uploads.put` and `Tasks.enqueue`.
    """
    store, new = await store.routed(new)
    if picture:
        await store.uploads.put(new.id, picture)
    try:
        view = await store.tasks.enqueue(new)
    except StoreUnavailable:
        raise  # the task may be there
    except AigcqError:
        await store.uploads.drop(new.id)
        raise
    if not view.replayed:
        log.info("queued", task=view.task.id, model=view.task.model, position=view.position)
    elif picture:
        await store.uploads.drop(new.id)
    return view
