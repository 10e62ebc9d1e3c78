"""The protocol's objects: what is asked for, and what is answered."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, Literal

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from aigcq.request import Printable, Url
from aigcq.schemas.answer import Answer, example


def _iso(value: object) -> object:
    """Refuse what is read as seconds since 1970: the protocol knows no such times."""
    if isinstance(value, str) and not _ISO.match(value):
        raise PydanticCustomError("moment", "must be ISO 8601 with a time zone, like 2026-11-24T12:00:00Z")
    return value


_ISO: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt ]", re.ASCII)
Moment = Annotated[AwareDatetime, BeforeValidator(_iso)]
Event = Literal["start", "output", "logs", "completed"]
Text = Annotated[Printable, Field(max_length=256)]
EXAMPLE: Final[dict[str, Any]] = {"prompt": "A fox runs through snow", "duration": 6, "resolution": "768P"}


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class ModelPrediction(_Body):
    """A video of one model."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"input": EXAMPLE}]})

    input: dict[str, Any]
    """What the model is given: `GET /v1/models/{owner}/{name}` lists the names."""
    webhook: Url | None = None
    """Where to tell what becomes of it."""
    webhook_events_filter: Annotated[tuple[Event, ...], Field(max_length=8)] | None = None
    """Of what to tell: `start`, `completed` (and `output`, which is the same here); `logs` are not told.
    Left out: of all that there is."""
    webhook_completed: Url | None = None
    """The protocol's older way: the same as `webhook` with `completed` only."""
    stream: bool | None = None
    """Taken and ignored."""


class VersionPrediction(ModelPrediction):
    """A video of the model that the body names."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"version": "minimax/hailuo-2.3", "input": EXAMPLE}]})

    version: Text | None = None
    """`owner/name`, the id of a version, or both as `owner/name:id`."""
    model: Text | None = None
    """`owner/name`, instead of `version`."""


class Urls(Answer):
    get: str
    """The prediction."""
    cancel: str
    """POST: take it back."""
    web: str
    """The task as the native API shows it."""


class Prediction(Answer):
    """One video as it stands; every key is always there."""

    model_config = example(
        id="550e8400-e29b-41d4-a716-446655440000", model="minimax/hailuo-2.3", version="hailuo-2.3",
        input=EXAMPLE, output=None, logs="queued, position 1\n", error=None, status="starting",
        created_at="2026-11-24T12:00:00Z", started_at=None, completed_at=None, deadline=None, metrics={},
        urls={
            "get": "https://example.com/v1/predictions/550e8400-e29b-41d4-a716-446655440000",
            "cancel": "https://example.com/v1/predictions/550e8400-e29b-41d4-a716-446655440000/cancel",
            "web": "https://example.com/aigc/status/550e8400-e29b-41d4-a716-446655440000",
        },
        data_removed=False, source="api",
    )  # fmt: skip

    id: str
    """The id of its task, on every face of the service."""
    model: str
    """`owner/name`, as it was asked for."""
    version: str
    """The id of the version."""
    input: dict[str, Any]
    """What was asked for, by the names it was asked for with, every default filled in."""
    output: str | None
    """The URL of the video."""
    logs: str
    """How far it is, in lines that the libraries know how to read."""
    error: str | None
    """Why there is no video, and what to do."""
    status: Literal["starting", "processing", "succeeded", "failed", "canceled"]
    """`canceled` too if it was not begun before its deadline."""
    created_at: AwareDatetime
    started_at: AwareDatetime | None
    completed_at: AwareDatetime | None
    """When it ended, however."""
    deadline: AwareDatetime | None
    """What `Cancel-After` comes to."""
    metrics: dict[str, float]
    """Seconds: `predict_time` from its start and `total_time` from its creation to its end."""
    urls: Urls
    data_removed: bool = False
    source: Literal["api"] = "api"


class PredictionPage(Answer):
    """A page of predictions."""

    previous: str | None = None
    """Never given: a list is read forwards."""
    next: str | None
    """The URL of the next page."""
    results: list[Prediction]


class VersionObject(Answer):
    """A version of a model."""

    id: str
    created_at: str
    cog_version: str
    openapi_schema: dict[str, Any]
    """What `input` takes, and that the output is a URL."""


class VersionPage(Answer):
    """The versions of a model: one."""

    previous: None = None
    next: None = None
    results: list[VersionObject]


class ModelObject(Answer):
    """A model."""

    url: str
    owner: str
    name: str
    description: str
    visibility: Literal["public"] = "public"
    github_url: None = None
    paper_url: None = None
    license_url: None = None
    run_count: int = 0
    cover_image_url: None = None
    default_example: None = None
    latest_version: VersionObject


class Account(Answer):
    """Who asks; there is one account."""

    type: Literal["organization"] = "organization"
    username: str = "aigcq"
    name: str = "aigcq"
    github_url: None = None
    avatar_url: None = None


class SigningSecret(Answer):
    """What webhooks are signed with."""

    key: str


class FileObject(Answer):
    """A picture that was sent, to be named in `input` by its URL."""

    id: str
    name: str
    content_type: str
    size: int
    etag: str
    checksums: dict[str, str]
    metadata: dict[str, Any]
    created_at: AwareDatetime
    expires_at: AwareDatetime
    urls: dict[str, str]


class ErrorAnswer(Answer):
    """An error, as Replicate's clients read it: a problem (RFC 9457) that says everything in its `detail`."""

    model_config = ConfigDict(extra="allow")

    title: str
    detail: str
    status: int
