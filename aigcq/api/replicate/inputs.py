"""`input`, in the names that Replicate's models use, put into ours.

There every model has names of its own; here each of them works with every model that knows what is meant.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from pydantic import ValidationError

from aigcq.api.openai.sizes import fitted
from aigcq.capability import ModelVersion
from aigcq.catalogue import Catalogue
from aigcq.errors import InvalidRequest
from aigcq.request import StoredRequest, VideoRequest
from aigcq.schemas import CreateTask, field_errors, spelt

FIRST_FRAME: Final = ("image", "first_frame_image", "start_image", "first_frame", "input_image")
LAST_FRAME: Final = ("last_frame_image", "end_image", "last_frame", "last_image")
NAMES: Final[Mapping[str, str]] = {
    **dict.fromkeys(FIRST_FRAME, "image_url"),
    **dict.fromkeys(LAST_FRAME, "last_frame_url"),
    "subject_reference": "reference_images",
    "prompt_optimizer": "enhance_prompt",
    "generate_audio": "audio_generation",
    "priority": "tasks_priority",
}
"""Name there -> field here; each field may be given by its own name too."""
ELSEWHERE: Final = ("model_name", "model_version")
"""The model is named by the path or by `version`."""
SIZE: Final = "size"
"""Width and height in pixels, as the Vercel AI SDK gives them: what comes nearest of the model's is taken."""


@cache
def allowed() -> list[str]:
    """Return every name that an input takes."""
    own = [name for name in VideoRequest.model_fields if name not in ELSEWHERE]
    return [*own, SIZE, *NAMES]


@cache
def input_schema() -> dict[str, Any]:
    """Return the JSON schema of an input."""
    fields = CreateTask.model_json_schema()["properties"]
    word = {"type": "string", "description": "For example `1280x720`: the nearest that the model makes."}
    shown = {name: fields[name] for name in allowed() if name in fields and "$ref" not in str(fields[name])}
    shown["reference_images"] = {"type": "array", "items": {}, "description": "URLs of pictures to be shown."}
    shown |= {SIZE: word}
    shown |= {name: {**shown[field], "title": name} for name, field in NAMES.items() if field in shown}
    return {"type": "object", "title": "Input", "properties": shown}


class Input:
    """One input, by our names."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        """Raise InvalidRequest if a name is unknown, or if two mean the same."""
        self.names: dict[str, str] = {}
        """Field -> what the client calls it."""
        self.fields: dict[str, Any] = {}
        for name, value in given.items():
            field = NAMES.get(name, name)
            if name not in allowed():
                raise InvalidRequest(f"input.{spelt(name)}", f"input has no {spelt(name)}.", allowed())
            if value is None or value == "":
                continue
            if field in self.fields:
                raise InvalidRequest(f"input.{name}", f"input.{name} and input.{self.names[field]} are the same.")
            self.names[field] = name
            self.fields[field] = [value] if name == "subject_reference" and isinstance(value, str) else value
        self._size = self.fields.pop(SIZE, None)

    def resolved(self, version: ModelVersion, catalogue: Catalogue, picture: str) -> StoredRequest:
        """Return the request as it goes on record; `picture` is the digest of one that came with it, or empty.

        Raises:
            InvalidRequest: for the first field that is wrong, by its name in this protocol.
        """
        try:
            body = CreateTask.model_validate(self.fields)
        except ValidationError as error:
            wrong = field_errors(error.errors())[0]
            head, _, rest = wrong.field.partition(".")
            name = self._called(".".join(filter(None, [self.names.get(head, head), rest])))
            raise InvalidRequest(name, f"{name}: {wrong.message}", wrong.allowed) from None
        own = {"model_name": version.model, "model_version": version.version, "upload": picture}
        request = StoredRequest.model_construct(**{**dict(body), **own})
        try:
            if self._size is not None:
                request = request.model_copy(update=dict(fitted(version, request, str(self._size))))
            return StoredRequest.model_construct(**dict(catalogue.resolve(request)))
        except InvalidRequest as error:
            raise InvalidRequest(self._refused(error.field), str(error), error.allowed) from None

    def _refused(self, field: str) -> str:
        if field in ELSEWHERE:
            return "version"
        if self._size is not None and field in ("resolution", "aspect_ratio") and field not in self.fields:
            return self._called(SIZE)
        field = "image_url" if field == "input_reference" else field
        return self._called(self.names.get(field, field))

    def _called(self, name: str) -> str:
        return f"input.{name}"
