"""Predictions come into being."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from fastapi import Request

from aigcq.api.hooks import callback
from aigcq.api.orders import fingerprint, order, resend_of
from aigcq.api.pictures import Picture, enqueued
from aigcq.api.prefer import wanted_seconds
from aigcq.api.replicate.inputs import Input
from aigcq.api.replicate.models import Asked, id_of
from aigcq.api.replicate.pictures import FIRST, Pictures, file_of
from aigcq.api.replicate.prediction import FACE
from aigcq.api.replicate.schema import ModelPrediction
from aigcq.api.replicate.waiting import Waiter
from aigcq.api.views import base_url
from aigcq.catalogue import Catalogue
from aigcq.config import Settings
from aigcq.errors import InvalidRequest
from aigcq.schemas import Webhook
from aigcq.store.tasks import NewTask, View

ROUTE: Final = "predictions"
LEAST_CANCEL_SECONDS: Final = 5
MOST_CANCEL_SECONDS: Final = 30 * 86400
_DURATION: Final = re.compile(r"(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,8})s?)?", re.ASCII)
_MOMENTS: Final = {"start": "start", "output": "end", "completed": "end"}
"""Word there -> moment here. The only output comes with the end; a log is never told."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a client says in headers of how its prediction is to be made."""

    idempotency_key: str = ""
    prefer: str = ""
    cancel_after: str = ""

    @property
    def cancel_after_seconds(self) -> int:
        """Return after how long it is to be taken back; 0: never.

        Raises:
            InvalidRequest: it is no duration.
        """
        if not self.cancel_after:
            return 0
        found = _DURATION.fullmatch(self.cancel_after.strip())
        hours, minutes, seconds = (int(part or 0) for part in found.groups()) if found else (0, 0, 0)
        total = hours * 3600 + minutes * 60 + seconds
        if not LEAST_CANCEL_SECONDS <= total <= MOST_CANCEL_SECONDS:
            raise InvalidRequest("Cancel-After", "Cancel-After must be like 90s, 15m or 1h30m: 5 seconds to 30 days.")
        return total


@dataclass(frozen=True, slots=True)
class Creator:
    """Makes tasks of what clients of this protocol ask for."""

    waiter: Waiter
    pictures: Pictures
    catalogue: Catalogue

    async def create(self, asked: Asked, body: ModelPrediction, terms: Terms, http: Request) -> View:
        """Queue a video, and wait for it if that is wanted.

        Raises:
            InvalidRequest: for the first field that is wrong.
            AigcqError: see `Tasks.enqueue`.
        """
        url, moments, told = _webhook(body, self.waiter.store.connection.settings)
        given = Input(body.input)
        named = given.fields.get(FIRST)
        picture = await self.pictures.taken(given.fields, given.names)
        file_id = file_of(str(named)) if picture else ""
        request = given.resolved(asked.version, self.catalogue, picture.digest if picture else "")
        client = {
            "face": FACE,
            "model": asked.name,
            "names": {field: name for field, name in given.names.items() if name != field},
            "picture": named if file_id else None,
            "file": file_id,
            "webhook_events_filter": body.webhook_events_filter,
            "base": base_of(http) if moments else None,
        } | told
        said = f"{_said(asked, body, given, picture)} {url} {moments} {terms.cancel_after}"
        new = self._order(http, terms, fingerprint(said), request=request, client=client, webhook=moments)
        view = await enqueued(self.waiter.store, new, picture.base64 if picture else None)
        if (seconds := wanted_seconds(terms.prefer)) is not None:
            return await self.waiter.until_ended(http, view, seconds, self._mark(new.fingerprint))
        return view

    def _order(self, http: Request, terms: Terms, mark: str, *, client: Mapping[str, Any], **fields: Any) -> NewTask:
        after_seconds = terms.cancel_after_seconds
        return order(
            settings=self.waiter.store.connection.settings,
            client={name: value for name, value in client.items() if value},
            route=ROUTE,
            resend=None if terms.idempotency_key else self._resend(http, mark),
            fingerprint=mark,
            idempotency_key=terms.idempotency_key,
            end_by_ms=round((self.waiter.clock.now() + after_seconds) * 1000) if after_seconds else 0,
            **fields,
        )

    def _resend(self, http: Request, mark: str) -> int:
        """Return how often this was sent before; of libraries that do not say, what can be known here of it."""
        count = resend_of(http)
        return int(self.waiter.unanswered.take(self._mark(mark))) if count is None else count

    def _mark(self, fingerprint: str) -> str:
        """Return what is one tenant's: another may say the same."""
        return f"{fingerprint} {self.waiter.store.caller.tenant}".rstrip()


def _said(asked: Asked, body: ModelPrediction, given: Input, picture: Picture | None) -> str:
    """Return what a client has asked for, as text: as it was given, for what a release makes of it may change.

    A picture counts by its content: the libraries send it to another URL each time.
    """
    shown = {given.names[FIRST]: picture.digest} if picture else {}
    return f"{id_of(asked.version)} {json.dumps({**body.input, **shown}, sort_keys=True)}"


def base_of(request: Request) -> str:
    """Return the service's own address, as this client knows it."""
    return base_url(request.scope, request.app.state.settings)


def _webhook(body: ModelPrediction, settings: Settings) -> tuple[str, str, dict[str, Any]]:
    """Return where to call back, at which moments, and what goes on record of it."""
    url, moments = _wanted(body)
    if not moments:
        return url, moments, {}
    field = "webhook" if body.webhook else "webhook_completed"
    told, _ = callback(Webhook.model_construct(url=url), settings, field)
    return url, moments, told


def _wanted(body: ModelPrediction) -> tuple[str, str]:
    if body.webhook and body.webhook_completed and body.webhook != body.webhook_completed:
        raise InvalidRequest("webhook_completed", "webhook and webhook_completed are two addresses: give one.")
    if not body.webhook:
        return (body.webhook_completed, "end") if body.webhook_completed else ("", "")
    words = _MOMENTS if body.webhook_events_filter is None else body.webhook_events_filter
    moments = {_MOMENTS[word] for word in words if word in _MOMENTS}
    if body.webhook_completed:
        moments.add("end")
    return body.webhook, ",".join(sorted(moments, reverse=True))
