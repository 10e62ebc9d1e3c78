"""How often a client should ask: its library takes the first answer's word for the whole time that it waits."""

from __future__ import annotations

from typing import Final

from aigcq.catalogue import Catalogue
from aigcq.model import ENDED, Status
from aigcq.request import VideoRequest
from aigcq.schemas import Eta
from aigcq.store.tasks import View

HEADER: Final = "openai-poll-after-ms"
LEAST_MS: Final = 2_000
MOST_MS: Final = 30_000
LOOKS: Final = 8
"""So often it is asked for a video that takes as long as it is likely to: it is seen an eighth of that too late."""


def poll_after_ms(view: View, catalogue: Catalogue, at_once: int, eta: Eta | None = None) -> int:
    """Return the milliseconds until it pays to ask again.

    By `eta` where that is known; else by how long such videos are known to take, `at_once` of them at a time.
    """
    if view.task.status in ENDED:
        return LEAST_MS
    if eta and eta.p50_seconds is not None:
        return _bounded(eta.p50_seconds)
    known = VideoRequest.model_fields
    request = VideoRequest.model_construct(**{name: value for name, value in view.request.items() if name in known})
    typical = catalogue.typical_seconds(request)
    before = 0
    if view.task.status is Status.QUEUED:
        before = (view.position or 1) // at_once  # so many times a whole batch goes first
    return _bounded(typical * (1 + before))


def _bounded(seconds: float) -> int:
    return min(MOST_MS, max(LEAST_MS, round(seconds * 1000 / LOOKS)))
