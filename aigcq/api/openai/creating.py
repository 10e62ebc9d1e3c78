"""Videos come into being: one door for a new one and for a remix, so that neither is ever made twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

from aigcq.api.hooks import callback
from aigcq.api.openai.body import Sent
from aigcq.api.openai.mapping import remixed, requested
from aigcq.api.openai.names import Names
from aigcq.api.openai.schema import CreateVideo, RemixVideo
from aigcq.api.orders import fingerprint, order, resend_of
from aigcq.api.pictures import enqueued
from aigcq.catalogue import Catalogue
from aigcq.config import Settings
from aigcq.errors import InvalidRequest, PictureGone
from aigcq.prices import millionths
from aigcq.request import StoredRequest
from aigcq.schemas import Webhook
from aigcq.store import Store
from aigcq.store.tasks import NewTask, View

ROUTE: Final = "videos"
Body = TypeVar("Body", bound=BaseModel)


def checked(kind: type[Body], fields: Mapping[str, Any]) -> Body:
    """Return the body that `fields` are.

    Raises:
        RequestValidationError: they are none.
    """
    try:
        return kind.model_validate(fields)
    except ValidationError as error:
        raise RequestValidationError(error.errors()) from None


def said_by(body: BaseModel) -> str:
    """Return what a client has asked for, as text: without defaults, so that a release may add fields."""
    return body.model_dump_json(exclude_defaults=True, exclude={"idempotency_key"})


@dataclass(frozen=True, slots=True)
class Creator:
    """Makes tasks of what clients of this protocol ask for."""

    store: Store
    catalogue: Catalogue
    names: Names

    async def create(self, sent: Sent, http: Request, key: str) -> View:
        """Queue a video.

        Raises:
            InvalidRequest: for the first field that is wrong.
            AigcqError: see `Tasks.enqueue`.
        """
        body = checked(CreateVideo, sent.fields)
        digest = sent.picture.digest if sent.picture else ""
        request = requested(body, digest, self.names, self.catalogue)
        client = {
            "model": body.model,
            "size": body.size,
            "seconds": f"{body.seconds:g}" if body.seconds else None,
        }
        hook = Webhook.model_construct(url=body.callback_url) if body.callback_url else None
        told, moments = callback(hook, self.store.connection.settings, "callback_url")
        said = f"{said_by(body)} {digest}"
        new = _order(
            http, request, self.store.connection.settings, client | told, said,
            idempotency_key=_one_key(key, body.idempotency_key), end_by_ms=self._end_by_ms(body), webhook=moments,
            max_cost=None if body.max_cost is None else millionths(body.max_cost),
        )  # fmt: skip
        try:
            return await enqueued(self.store, new, sent.picture.base64 if sent.picture else None)
        except InvalidRequest as error:  # it has one deadline here, and so one name
            raise InvalidRequest(error.field.removesuffix(".end"), str(error).replace(".end", "")) from None

    async def remix(self, view: View, body: RemixVideo, http: Request, key: str) -> View:
        """Queue a video like another one, with another prompt.

        Raises:
            InvalidRequest: the model cannot do that, or the picture of the other one is gone.
            AigcqError: see `Tasks.enqueue`.
        """
        request = remixed(view.request, body.prompt, self.catalogue)
        picture = await self.store.uploads.get(view.task.id) if request.upload else None
        if request.upload and not picture:
            raise InvalidRequest("video_id", f"{PictureGone()} {PictureGone.advice}")
        kept = {name: view.client.get(name) for name in ("model", "size", "seconds")}
        said = f"remix {view.task.id} {said_by(body)}"
        remix = {**kept, "remixed_from": view.task.id}
        new = _order(http, request, self.store.connection.settings, remix, said, idempotency_key=key)
        return await enqueued(self.store, new, picture)

    def _end_by_ms(self, body: CreateVideo) -> int:
        if body.deadline is None:
            return 0
        return round(body.deadline.timestamp() * 1000)


def _order(
    http: Request,
    request: StoredRequest,
    settings: Settings,
    client: Mapping[str, Any],
    said: str,
    *,
    idempotency_key: str,
    **terms: Any,
) -> NewTask:
    """Return the task; `said` is all that makes this request another one than the last."""
    resend = resend_of(http)
    repeatable = idempotency_key or resend is not None
    return order(
        request,
        settings,
        client={"face": "openai", **{name: value for name, value in client.items() if value}},
        route=ROUTE,
        resend=resend,
        fingerprint=fingerprint(said) if repeatable else "",
        idempotency_key=idempotency_key,
        **terms,
    )


def _one_key(header: str, field: str) -> str:
    if header and field and header != field:
        raise InvalidRequest("idempotency_key", "idempotency_key is another one than the header Idempotency-Key.")
    return header or field
