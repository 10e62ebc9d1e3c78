"""What a webhook says, in the words of the door by which its task came."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from aigcq.api.keyring import Keyring
from aigcq.api.links import Base
from aigcq.api.replicate.prediction import hook_body
from aigcq.api.views import status_of
from aigcq.clock import Clock
from aigcq.config import Settings
from aigcq.model import Status
from aigcq.store import Store
from aigcq.store.outbox import Moment
from aigcq.store.tasks import View

Tell = Callable[[View, Moment, str, str], Mapping[str, Any] | None]
"""Takes a task, the moment, the message's id and how we are reached, empty if that is not known; returns the body,
or None if this face knows no such event."""

THIN: Final = {
    "task_id", "status", "result", "error", "metadata", "model", "attempt", "created_at", "started_at", "ended_at",
}  # fmt: skip
"""Of what `GET /aigc/status/{task_id}` tells: not the request, which may hold signed addresses."""


def native(view: View, moment: Moment, message_id: str, base: str) -> Mapping[str, Any]:
    """As https://www.standardwebhooks.com recommends it."""
    return {
        "type": "video.started" if moment is Moment.START else f"video.{view.task.status}",
        "timestamp": _at(view, moment).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "data": status_of(view, base).model_dump(mode="json", include=THIN, exclude_none=True),
    }


def openai(view: View, moment: Moment, message_id: str, base: str) -> Mapping[str, Any] | None:
    """As OpenAI's own: it knows two ends, and no start."""
    if moment is Moment.START:
        return None
    return {
        "id": message_id.replace("msg_", "evt_", 1),
        "object": "event",
        "created_at": int(_at(view, moment).timestamp()),
        "type": "video.completed" if view.task.status is Status.COMPLETED else "video.failed",
        "data": {"id": view.task.id},
    }


FACES: Final[Mapping[str, Tell]] = {"openai": openai, "replicate": lambda view, _, __, base: hook_body(view, base)}
"""By what `client["face"]` of a task says; without one, or one that is not here, it is told as `native`."""


def payload(
    view: View, moment: Moment, message_id: str, *, base: str = "", everyone: bool = False
) -> Mapping[str, Any] | None:
    """Return the body of a webhook, or None if there is nothing to say. The receiver of every task reads one form.

    `base` is how clients reach us; where that is not known the video is where the vendor has it.
    """
    face = "" if everyone else str(view.client.get("face", ""))
    return FACES.get(face, native)(view, moment, message_id, base)


class Teller:
    """Says what a webhook says. Who is told has no key: where one is needed, the addresses in it are signed."""

    def __init__(self, store: Store, settings: Settings, clock: Clock) -> None:
        self._keyring = Keyring(store, settings, clock)
        self._base = settings.public_url.rstrip("/")

    async def __call__(
        self, view: View, moment: Moment, message_id: str, *, everyone: bool
    ) -> Mapping[str, Any] | None:
        """Return the body as `payload`; may raise StoreUnavailable."""
        base = Base.of(self._base, await self._keyring.hook_signer())
        return payload(view, moment, message_id, base=base, everyone=everyone)


def _at(view: View, moment: Moment) -> datetime:
    task = view.task
    ms = task.ended_ms if moment is Moment.END else task.submitted_ms or task.started_ms
    return datetime.fromtimestamp(ms / 1000, UTC)
