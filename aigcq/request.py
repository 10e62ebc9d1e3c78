"""What a client wants made: one video, in the words of the API, checked field by field.

A request is *resolved* once `catalogue.resolve` has canonicalised it and filled in the model's
defaults: then it is what the vendor is sent, and what is on record. `to_json` and
`model_validate_json` carry it through Redis.

Whether a model can do it is the catalogue's business; here are only the rules that hold for
every model. They are lenient about spelling (`"10"` for 10, `true` for `Enabled`, null or ""
for "not given") because callers of the vendor's own API write all of these.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, Self, TypeGuard
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

URL_MAX_CHARS: Final = 2048
REFERENCES_MAX: Final = 32  # no model takes half of that
METADATA_MAX_KEYS: Final = 16
METADATA_MAX_BYTES: Final = 2048
NEGATIVE_PROMPT_MAX_CHARS: Final = 1000  # the vendor's AigcVideoTaskInput documentation
LONGEST_VIDEO_SECONDS: Final = 60  # no model makes half of that; stops nonsense where a model's limits are unknown

# Cc but tab, line feed and carriage return, which people do type; and lone surrogates, which
# JSON can spell (\ud800) but UTF-8 cannot, so that they would break Redis and the vendor's call.
_UNPRINTABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def _printable(value: str) -> str:
    if found := _UNPRINTABLE.search(value):
        code = f"U+{ord(found[0]):04X}"
        raise PydanticCustomError(
            "unprintable", "holds {code} at {at}, which no text may hold", {"code": code, "at": found.start()}
        )
    return value


def _text(value: str) -> str:
    return value if value.strip() else ""


def _url(value: str) -> str:
    try:
        parts = urlsplit(value)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # "http://[::1" or a port that is no number
        valid = False
    if not valid or not value.isprintable() or " " in value:
        raise PydanticCustomError("url", "must be a complete http:// or https:// URL", {"allowed": ["http", "https"]})
    if "@" in parts.netloc:  # it would be shown with the task, and come back in the vendor's messages
        raise PydanticCustomError("url", "must hold no user name or password: sign the URL instead")
    return value


def _few(value: object) -> object:
    """Refuse a long list as a whole; its own max_length would be checked after each of a million had been refused."""
    if isinstance(value, list | tuple) and len(value) > REFERENCES_MAX:
        raise PydanticCustomError("too_many", "may hold at most {most} pictures", {"most": REFERENCES_MAX})
    return value


def _one_of(*words: str, **aliases: str) -> BeforeValidator:
    """Accept `words` in any letter case, and JSON's true and false for the first two."""
    spellings = {word.casefold(): word for word in words} | aliases

    def canonical(value: object) -> str:
        if word := spellings.get(str(value).casefold()):
            return word
        allowed = " or ".join(words)
        raise PydanticCustomError("choice", "must be {choices}", {"choices": allowed, "allowed": list(words)})

    return BeforeValidator(canonical)


def _is_number(value: object) -> TypeGuard[int | float]:
    """Bool is an int to Python, which would make `true` one second; NaN is JSON to Python's parser."""
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool)


def _number(value: object) -> int | float:
    """A finite number as JSON should have spelt it: 6 for 6.0, "6" and "6.0"."""
    if isinstance(value, str) and re.fullmatch(r"\s*[+-]?\d{1,20}(\.\d{0,9})?\s*", value, re.ASCII):
        value = float(value) if "." in value else int(value)
    if not _is_number(value):
        raise PydanticCustomError("number", "must be a number")
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _label(value: object) -> object:
    if isinstance(value, str):
        return _printable(value)
    if value is None or isinstance(value, bool) or _is_number(value):
        return value
    raise PydanticCustomError("label", "must be text, a finite number, true, false or null")


Printable = Annotated[str, AfterValidator(_printable)]
Text = Annotated[Printable, AfterValidator(_text)]
Url = Annotated[Printable, Field(max_length=URL_MAX_CHARS), AfterValidator(_url)]
FileId = Annotated[Printable, Field(max_length=128, pattern=r"^\S+$")]
Word = Annotated[Printable, Field(max_length=64), AfterValidator(str.strip)]
Number = BeforeValidator(_number)
Few = Field(max_length=REFERENCES_MAX), BeforeValidator(_few)
Seconds = Annotated[
    StrictInt | StrictFloat,
    Field(gt=0, le=LONGEST_VIDEO_SECONDS),
    Number,
    WithJsonSchema({"type": "number", "exclusiveMinimum": 0, "maximum": LONGEST_VIDEO_SECONDS}),
]
OnOff = Annotated[Literal["Enabled", "Disabled"], _one_of("Enabled", "Disabled", true="Enabled", false="Disabled")]
Person = Annotated[Literal["AllowAdult", "Disallowed"], _one_of("AllowAdult", "Disallowed")]
Label = Annotated[StrictStr | StrictBool | StrictInt | StrictFloat | None, BeforeValidator(_label)]
Mode = Literal["text", "first_frame", "reference"]


class _Given(BaseModel):
    """A body in which null and "" mean "not given"."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    @model_validator(mode="before")
    @classmethod
    def _drop_what_is_not_given(cls, data: object) -> object:
        if not isinstance(data, Mapping):
            return data
        fields = cls.model_fields
        return {k: v for k, v in data.items() if k not in fields or (v is not None and v != "")}


class ReferenceImage(_Given):
    """A picture of what shall appear in the video, by its URL or its VOD file id."""

    url: Url | None = None
    """Where the vendor fetches the image: http(s), JPEG or PNG, at most 10 MB."""
    file_id: FileId | None = None
    """A file in the account's VOD library, instead of `url`."""
    text: Word | None = None
    """PixVerse only: the name by which the prompt calls it, as `@name `."""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.url is None) == (self.file_id is None):
            raise PydanticCustomError("reference", "needs either url or file_id, and not both")
        return self


CLIENT: Final = "client"
"""The one name in a stored request that is not the vendor's business."""


class VideoRequest(_Given):
    """One video to be made. Empty and null fields are left to the model until it is resolved."""

    prompt: Text = ""
    """What the video shows. Required unless a picture or a scene says it. Characters: the model's limit."""
    negative_prompt: Annotated[Text, Field(max_length=NEGATIVE_PROMPT_MAX_CHARS)] = ""
    """What the video must not show; at most 1000 characters."""
    model_name: Word = ""
    """The vendor's model, in any letter case. Default: Hailuo. `GET /aigc/models` lists them."""
    model_version: Word = ""
    """The model's version, in any letter case. Default: the model's own; 2.3 for Hailuo."""
    duration: Seconds | None = None
    """Length of the video in seconds. Default: the model's."""
    resolution: Word | None = None
    """For example `768P`, in any letter case. Default: the model's."""
    aspect_ratio: Annotated[Word, Field(pattern=r"^[0-9]{1,2}:[0-9]{1,2}$")] | None = None
    """Width to height, for example `16:9`. Default: the model's; null where the first frame decides it."""
    file_id: FileId | None = None
    """The first frame, as a file in the account's VOD library."""
    image_url: Url | None = None
    """The first frame, as a URL which the vendor fetches (JPEG or PNG, at most 10 MB)."""
    last_frame_url: Url | None = None
    """The last frame, as a URL (at most 5 MB). Needs a first frame."""
    last_frame_file_id: FileId | None = None
    """The last frame, as a file in the account's VOD library. Needs a first frame."""
    reference_images: Annotated[tuple[ReferenceImage, ...], *Few] = ()
    """Pictures of what shall appear in the video; how many depends on the model."""
    enhance_prompt: OnOff | None = None
    """Whether the vendor rewrites the prompt. Default: Enabled, which is what the vendor does by itself."""
    enhance_switch: OnOff | None = None
    """Whether the vendor upscales the video. Default: only where the model itself cannot make the resolution."""
    frame_interpolate: OnOff | None = None
    """Vidu only: whether frames are interpolated."""
    audio_generation: OnOff | None = None
    """Whether the video has sound. Default: Disabled."""
    person_generation: Person | None = None
    """Whether people may appear: AllowAdult or Disallowed. Default: the vendor's."""
    off_peak: OnOff | None = None
    """Cheaper and much slower: the vendor renders when it has time."""
    seed: Annotated[int, Field(ge=-(2**63), lt=2**63), Number] | None = None
    """The model's random seed, for a result that can be repeated."""
    scene_type: Word | None = None
    """A ready-made scene of the model, for example Kling's `lip_sync`."""
    tasks_priority: Annotated[int, Field(ge=-10, le=10), Number] = 0
    """-10 to 10; a higher one starts sooner, but overtakes only so many."""
    metadata: dict[Printable, Label] = {}
    """Your own labels, given back unchanged: at most 16 keys, 2 KiB as JSON."""

    @field_validator("metadata")
    @classmethod
    def _small(cls, metadata: dict[str, Label]) -> dict[str, Label]:
        size = len(json.dumps(metadata, ensure_ascii=False, separators=(",", ":")).encode())
        if len(metadata) > METADATA_MAX_KEYS or size > METADATA_MAX_BYTES:
            raise PydanticCustomError("metadata", "may have at most 16 keys and 2048 bytes as JSON")
        return metadata

    def to_json(self) -> str:
        """Return what goes on record of it: what was not given, and what is not the vendor's business, is left out."""
        return _written(VideoRequest, self)

    @property
    def first_frame_field(self) -> str | None:
        """The field that gives the first frame, if one does."""
        return "file_id" if self.file_id else "image_url" if self.image_url else None

    @property
    def last_frame_field(self) -> str | None:
        """The field that gives the last frame, if one does."""
        return "last_frame_file_id" if self.last_frame_file_id else "last_frame_url" if self.last_frame_url else None

    @property
    def mode(self) -> Mode:
        """What the video starts from, which decides whether an aspect ratio can be chosen."""
        if self.first_frame_field:
            return "first_frame"
        return "reference" if self.reference_images else "text"

    @property
    def image_count(self) -> int:
        """How many pictures the request carries."""
        frames = bool(self.first_frame_field) + bool(self.last_frame_field)
        return frames + len(self.reference_images)


class StoredRequest(VideoRequest):
    """A resolved request as it is on record, with what its client said that the vendor is not sent."""

    client: dict[str, Any] = {}
    """By which door it came (`face`), and what that one needs to answer as its clients expect; where to call back."""
    upload: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] = ""
    """SHA-256 of the first frame, if it was sent with the request: `store.uploads` has it."""
    upload_base64: Annotated[str, Field(exclude=True, repr=False)] = ""
    """The first frame itself; never on record, filled in for the vendor."""

    @property
    def first_frame_field(self) -> str | None:
        return super().first_frame_field or ("input_reference" if self.upload else None)

    def to_json(self) -> str:
        """Return what goes on record of it."""
        return _written(StoredRequest, self)


def _written(kind: type[VideoRequest], request: VideoRequest) -> str:
    """Return the fields of `kind` that were given; a body has more."""
    return kind.__pydantic_serializer__.to_json(request, exclude_defaults=True).decode()
