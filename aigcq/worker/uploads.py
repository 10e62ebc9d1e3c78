"""What came with a request and is not on record with it: it is needed for the vendor only."""

from __future__ import annotations

from aigcq.errors import PictureGone
from aigcq.request import StoredRequest, VideoRequest
from aigcq.store import Store
from aigcq.worker.held import Held
from aigcq.worker.persist import Persist


async def completed(held: Held, store: Store, persist: Persist) -> VideoRequest:
    """Return the request with the picture that was sent with it, if there was one.

    Raises:
        PictureGone: it waited too long.
    """
    request = held.request
    if not isinstance(request, StoredRequest) or not request.upload:
        return request
    if picture := await persist(store.uploads.get, held.delivery.task_id):
        return request.model_copy(update={"upload_base64": picture})
    raise PictureGone
