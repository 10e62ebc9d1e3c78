"""The protocol's objects: what is asked for, and what is answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from aigcq.request import FileId, Number, Printable, Seconds, Text, Url, VideoRequest, Word
from aigcq.schemas.answer import Answer, example
from aigcq.schemas.spend import Amount, Cost

RENAMED: Final = {
    "model_name": "model",
    "model_version": "model",
    "duration": "seconds",
    "tasks_priority": "priority",
    "file_id": "input_reference",
}
"""Fields of a request that this protocol calls otherwise: it does not know them by the first name."""


class Reference(BaseModel):
    """The first frame, as the protocol gives it."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    image_url: Url | None = None
    """Its URL; one that begins with `data:` is taken out of the body before."""
    file_id: FileId | None = None
    """A file in the account's VOD library."""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.image_url is None) == (self.file_id is None):
            raise PydanticCustomError("reference", "needs either image_url or file_id, and not both")
        return self


def _documented(schema: dict[str, Any]) -> None:
    for name in RENAMED:
        schema["properties"].pop(name, None)


class CreateVideo(VideoRequest):
    """A video as OpenAI's clients ask for it; whatever else the native API knows may be given by its name there."""

    model_config = ConfigDict(json_schema_extra=_documented)

    model: Word = ""
    """For example `Hailuo-2.3`, `kling-2.5`, `Vidu`, or an alias like `sora-2`."""
    seconds: Seconds | None = None
    """Length of the video, as text or as a number; which ones there are depends on the model."""
    size: Word | None = None
    """For example `1280x720`: the nearest shape and resolution that the model makes."""
    input_reference: Annotated[
        Reference | None,
        BeforeValidator(
            lambda value: {"image_url": value} if isinstance(value, str) else value,
            json_schema_input_type=str | Reference | None,
        ),
    ] = None
    """The first frame: a file (in a form), a URL, or an object with `image_url` or `file_id`."""
    priority: Annotated[int, Field(ge=-10, le=10), Number] = 0
    """-10 to 10; a higher one starts sooner, but overtakes only so many."""
    max_cost: Amount | None = None
    """What it may cost at most, in the currency of the price table; if it may cost more, it is refused with 402."""
    callback_url: Url | None = None
    """Where to tell that it has ended."""
    deadline: AwareDatetime | None = None
    """ISO 8601 with a time zone, or Unix seconds: if it has not begun by then, it fails."""
    idempotency_key: Annotated[Printable, Field(max_length=255)] = ""
    """The same as the header, for libraries that cannot set one."""
    user: Annotated[Printable, Field(max_length=256)] = ""
    """Taken and ignored."""

    @model_validator(mode="before")
    @classmethod
    def _by_the_names_of_this_protocol(cls, data: object) -> object:
        given = data if isinstance(data, Mapping) else {}
        for name, here in RENAMED.items():
            if name in given:
                raise PydanticCustomError("renamed", "{old} is called {new} here", {"old": name, "new": here})
        return data


class RemixVideo(BaseModel):
    """Another prompt for a video that there is."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    prompt: Annotated[Text, Field(min_length=1)]
    """What the new video shows."""


class VideoError(Answer):
    """Why there is no video."""

    code: str
    """Stable name for machines; `cancelled` if somebody took it back."""
    message: str
    """What went wrong and what to do, for people."""


class Usage(Answer):
    """What the vendor counts."""

    output_seconds: float
    """Length of the video that was made."""


class Video(Answer):
    """One video as it stands; every key is always there."""

    model_config = example(
        id="550e8400-e29b-41d4-a716-446655440000", object="video", model="Hailuo-2.3", status="queued", progress=0,
        created_at=1_795_000_000, completed_at=None, expires_at=None, prompt="A fox", size="1366x768", seconds="6",
        remixed_from_video_id=None, error=None, queue_position=1, eta_seconds=None, metadata={}, usage=None,
        cost=None,
    )  # fmt: skip

    id: str
    """The id of its task, on every face of the service."""
    object: Literal["video"] = "video"
    model: str
    """As it was asked for."""
    status: Literal["queued", "in_progress", "completed", "failed"]
    """A cancelled one is `failed`, with the code `cancelled`."""
    progress: int
    """Percent, 0 to 100."""
    created_at: int
    """Unix seconds."""
    completed_at: int | None
    """Unix seconds."""
    expires_at: int | None
    """Unix seconds; after that the vendor no longer has the file."""
    prompt: str | None
    size: str
    """As it was asked for; else what comes of the model's shape and resolution."""
    seconds: str
    remixed_from_video_id: str | None
    error: VideoError | None
    queue_position: int | None
    """1 for the next one; 0 once it runs or has ended; null while it waits for a retry, and in lists."""
    eta_seconds: int | None
    """Seconds until it is likely to be there; null: not known."""
    metadata: dict[str, Any]
    usage: Usage | None
    cost: Cost | None
    """What it costs; null if no price was known."""


class VideoList(Answer):
    """A page of videos."""

    object: Literal["list"] = "list"
    data: list[Video]
    first_id: str | None
    last_id: str | None
    """`after` for the next page."""
    has_more: bool


class VideoDeleted(Answer):
    """What was there is erased, or will not be made if that can still be prevented."""

    id: str
    object: Literal["video.deleted"] = "video.deleted"
    deleted: Literal[True] = True
    outcome: Literal["erased", "cancelled", "cancel_requested"]
    """Ours: `cancel_requested` means that the vendor runs it, and ends it as it likes."""


class Model(Answer):
    """A name that `model` takes."""

    id: str
    object: Literal["model"] = "model"
    created: int = 0
    owned_by: str
    """Whose model it is; for an alias, what it stands for."""


class ModelList(Answer):
    """All names."""

    object: Literal["list"] = "list"
    data: list[Model]


class ErrorDetail(Answer):
    message: str
    type: str
    param: str | None
    code: str | None


class ErrorAnswer(Answer):
    """An error, as OpenAI's clients read it."""

    error: ErrorDetail
