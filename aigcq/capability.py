"""What one version of one vendor model can do, and what it makes of a request.

Each class is a fact of `models.yaml`, whose first lines explain them.
What nobody has documented is let through: the vendor decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, model_validator

from aigcq.errors import InvalidRequest
from aigcq.request import Mode, VideoRequest

Source = Literal["guide", "live", "maker", "infer"]

AUDIO_BY_DEFAULT: Final = "Disabled"  # documented
ENHANCE_PROMPT_BY_DEFAULT: Final = "Enabled"  # observed: left out, the vendor rewrites the prompt


class Data(BaseModel):
    """A value read from models.yaml; a misspelt fact there is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def spell(word: str, words: Iterable[str]) -> str | None:
    """The one of `words` that is `word` in any letter case."""
    return next((known for known in words if known.casefold() == word.casefold()), None)


class Durations(Data):
    """Lengths in seconds: a few `values`, or all from `min` to `max`."""

    values: tuple[int, ...] = ()
    min: int
    max: int
    integer: bool = False
    default: int | None = None

    @model_validator(mode="before")
    @classmethod
    def _values_have_ends(cls, data: dict[str, list[int]]) -> dict[str, object]:
        values = data.get("values")
        return {**data, "min": min(values), "max": max(values)} if values else {**data}

    def allow(self, seconds: float) -> bool:
        if self.values:
            return seconds in self.values
        return self.min <= seconds <= self.max and not (self.integer and seconds % 1)

    def examples(self) -> list[int]:
        """All lengths in whole seconds."""
        return list(self.values or range(self.min, self.max + 1))


class Choice(Data):
    """Words that the vendor knows, in its spelling."""

    values: tuple[str, ...]
    on_request: tuple[str, ...] = ()
    default: str | None = None

    def spell(self, word: str) -> str | None:
        """The vendor's spelling of `word`, or None if it is not among the words."""
        return spell(word, self.values + self.on_request)


class AspectRatios(Choice):
    """Shapes, and what a video may start from for the vendor to obey them."""

    applies: tuple[Mode, ...]


class Inputs(Data):
    """What a video may start from; None where nobody says."""

    text: bool | None = None
    first_frame: bool | None = None
    last_frame: bool | None = None
    reference: bool | None = None


class Over(Data):
    """More than a number."""

    over: float


class Impossible(Data):
    """A combination that the model cannot make although each part is allowed."""

    field: str
    when: Mapping[
        Literal["duration", "resolution", "audio_generation", "first_frame", "last_frame", "reference", "images"],
        Over | bool | str,
    ]
    allowed: tuple[str | int, ...]
    why: str

    def meets(self, facts: Mapping[str, object]) -> bool:
        return all(_holds(condition, facts[name]) for name, condition in self.when.items())


def _holds(condition: Over | bool | str, fact: object) -> bool:
    if isinstance(condition, Over):
        return isinstance(fact, int | float) and fact > condition.over
    return fact == condition


class Retired(Data):
    """Why a model cannot be asked for any more, and what comes nearest."""

    why: str
    instead: str


class ModelVersion(Data):
    """What one version of one model accepts. None: nobody says, so the vendor decides."""

    model: str = ""
    version: str = ""
    default: bool = False
    retired: Retired | None = None
    durations: Durations | None = None
    resolutions: Choice | None = None
    aspect_ratios: AspectRatios | None = None
    inputs: Inputs = Inputs()
    max_reference_images: int
    reference_names: bool = False
    audio: bool | None = None
    frame_interpolate: bool | None = None
    scene_types: tuple[str, ...] | None = None
    prompt_max_chars: int
    impossible: tuple[Impossible, ...] = ()
    typical_seconds: float
    longest_seconds: float
    notes: tuple[str, ...] = ()
    sources: Mapping[str, Source] = {}

    @property
    def title(self) -> str:
        return f"{self.model} {self.version}"

    def typical_seconds_of(self, duration: float | None) -> float:
        """How long a video of `duration` seconds takes: observed to grow in proportion to it."""
        usual = self.durations.default if self.durations else None
        return self.typical_seconds * duration / usual if duration and usual else self.typical_seconds

    def resolve(self, request: VideoRequest) -> VideoRequest:
        """Fill in this version's defaults and spelling.

        Raises:
            InvalidRequest: for the first field that this version cannot serve.
        """
        self._check_prompt(request)
        _check_frames(request)
        self._check_inputs(request)
        resolved = request.model_copy(
            update={
                "model_name": self.model,
                "model_version": self.version,
                "duration": self._duration(request.duration),
                "resolution": self._choose("resolution", self.resolutions, request.resolution),
                "aspect_ratio": self._aspect_ratio(request),
                "audio_generation": self._switch("audio_generation", self.audio, request) or AUDIO_BY_DEFAULT,
                "frame_interpolate": self._switch("frame_interpolate", self.frame_interpolate, request),
                "enhance_prompt": request.enhance_prompt or ENHANCE_PROMPT_BY_DEFAULT,
                "scene_type": self._scene_type(request.scene_type),
            }
        )
        self._check_combinations(resolved)
        return resolved

    def _check_prompt(self, request: VideoRequest) -> None:
        if not (request.prompt or request.image_count or request.scene_type):
            raise InvalidRequest("prompt", "A prompt is required when there is no picture and no scene_type.")
        if len(request.prompt) > self.prompt_max_chars:
            limit = f"{self.title} takes a prompt of at most {self.prompt_max_chars} characters"
            raise InvalidRequest("prompt", f"{limit}; this one has {len(request.prompt)}.")

    def _check_inputs(self, request: VideoRequest) -> None:
        first, last = request.first_frame_field, request.last_frame_field
        if first and self.inputs.first_frame is False:
            raise InvalidRequest(first, f"{self.title} takes no first frame.")
        if last and self.inputs.last_frame is False:
            raise InvalidRequest(last, f"{self.title} takes no last frame.")
        if request.reference_images:
            self._check_references(request)
        elif not first and not request.scene_type and self.inputs.text is False:
            field = "reference_images" if self.inputs.first_frame is False else "image_url"
            raise InvalidRequest(field, f"{self.title} makes no video from a prompt alone: give {field}.")

    def _check_references(self, request: VideoRequest) -> None:
        field, images = "reference_images", request.reference_images
        if self.inputs.reference is False:
            raise InvalidRequest(field, f"{self.title} takes no reference images.", [])
        if len(images) > self.max_reference_images:
            limit = f"{self.title} takes at most {self.max_reference_images} reference images"
            raise InvalidRequest(field, f"{limit}; there are {len(images)}.")
        if not self.reference_names and any(image.text for image in images):
            raise InvalidRequest(field, f"{self.title} cannot call reference images by name: leave out text.")

    def _duration(self, seconds: float | None) -> float | None:
        if self.durations is None:
            return seconds
        if seconds is None:
            return self.durations.default
        if self.durations.allow(seconds):
            return seconds
        allowed = self.durations.examples()
        raise InvalidRequest("duration", f"{self.title} makes no video of {seconds:g} s.", allowed)

    def _choose(self, field: str, choice: Choice | None, word: str | None) -> str | None:
        if choice is None or word is None:
            return choice.default if choice else word
        if spelling := choice.spell(word):
            return spelling
        raise InvalidRequest(field, f"{self.title} has no {field} {word}.", choice.values + choice.on_request)

    def _aspect_ratio(self, request: VideoRequest) -> str | None:
        ratios, asked = self.aspect_ratios, request.aspect_ratio
        if ratios is None:
            return asked
        if request.mode == "first_frame" and not (asked and "first_frame" in ratios.applies):
            return None  # the picture decides: an answer that shows a ratio would promise one
        chosen = self._choose("aspect_ratio", ratios, asked)
        return chosen if request.mode in ratios.applies else None

    def _switch(self, field: str, offered: bool | None, request: VideoRequest) -> str | None:
        value: str | None = getattr(request, field)
        if value == "Enabled" and offered is False:
            raise InvalidRequest(field, f"{self.title} does not offer {field}.", ["Disabled"])
        return value

    def _scene_type(self, scene: str | None) -> str | None:
        if scene is None or self.scene_types is None:
            return scene
        if spelling := spell(scene, self.scene_types):
            return spelling
        raise InvalidRequest("scene_type", f"{self.title} has no scene {scene}.", self.scene_types)

    def _check_combinations(self, request: VideoRequest) -> None:
        facts = {
            "duration": request.duration,
            "resolution": request.resolution,
            "audio_generation": request.audio_generation,
            "first_frame": bool(request.first_frame_field),
            "last_frame": bool(request.last_frame_field),
            "reference": bool(request.reference_images),
            "images": request.image_count,
        }
        for rule in self.impossible:
            if rule.meets(facts):
                field = request.last_frame_field if rule.field == "last_frame" else rule.field
                raise InvalidRequest(field or rule.field, f"{self.title}: {rule.why}.", rule.allowed)


def _check_frames(request: VideoRequest) -> None:
    """What holds for the frames of every model."""
    if request.file_id and request.image_url:
        raise InvalidRequest("image_url", "The first frame is given twice: leave out image_url or file_id.")
    if request.last_frame_file_id and request.last_frame_url:
        raise InvalidRequest("last_frame_url", "The last frame is given twice: leave out one of its two fields.")
    if request.last_frame_field and not request.first_frame_field:
        raise InvalidRequest(request.last_frame_field, "A last frame needs a first one: give image_url or file_id.")
