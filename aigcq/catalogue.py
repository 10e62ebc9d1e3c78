"""The vendor models we know, as read from `models.yaml`.

The vendor itself refuses only unknown names: nearly every other mistake is accepted and fails
seconds later, perhaps for money. So a request is resolved here before it is queued: checked
against its model, and filled up with the model's defaults, so that what is on record is
what the vendor is sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import yaml

from aigcq.capability import AUDIO_BY_DEFAULT, ENHANCE_PROMPT_BY_DEFAULT, Data, ModelVersion
from aigcq.errors import InvalidRequest
from aigcq.request import VideoRequest

JSON = dict[str, Any]


class Model(Data):
    """A vendor model and its versions."""

    name: str
    title: str
    versions: tuple[ModelVersion, ...]

    @property
    def retired(self) -> bool:
        return all(version.retired for version in self.versions)

    @property
    def default(self) -> ModelVersion:
        """The version that is meant when none is named."""
        return next((version for version in self.versions if version.default), self.versions[0])

    def find(self, version: str) -> ModelVersion:
        """The version of that name in any letter case; the default one for "".

        Raises:
            InvalidRequest: the model has no such version.
        """
        for known in self.versions:
            if known.version.casefold() == version.casefold():
                return known
        if not version or self.retired:
            return self.default
        allowed = [known.version for known in self.versions if not known.retired]
        raise InvalidRequest("model_version", f"{self.name} has no version {version}.", allowed)


class Catalogue(Data):
    """Every model we know, the retired ones included: a request for one deserves a good answer."""

    default_model: str
    fallback: ModelVersion
    off_peak: Mapping[Literal["typical_seconds", "longest_seconds"], float]
    models: tuple[Model, ...]

    def find(self, model_name: str, model_version: str = "") -> ModelVersion:
        """The version so named, in any letter case, retired or not; "" means the default.

        Raises:
            InvalidRequest: there is no such model, or the model has no such version.
        """
        name = model_name or self.default_model
        for model in self.models:
            if model.name.casefold() == name.casefold():
                return model.find(model_version)
        raise InvalidRequest("model_name", f"There is no model {name}.", self._available())

    def resolve(self, request: VideoRequest) -> VideoRequest:
        """The request as it will be sent: spelt as the vendor spells, every default filled in.

        A request that is resolved already comes back as it is.

        Raises:
            InvalidRequest: for the first field that is wrong, with the values that would do.
        """
        version = self.find(request.model_name, request.model_version)
        if version.retired:
            reason = f"{version.title} is retired. {version.retired.why} Use {version.retired.instead} instead."
            raise InvalidRequest("model_name", reason, self._available())
        return version.resolve(request)

    def typical_seconds(self, request: VideoRequest) -> float:
        """How long the video is likely to take at the vendor, for an ETA: observed, not promised."""
        if request.off_peak == "Enabled":
            return self.off_peak["typical_seconds"]
        return self._known(request).typical_seconds_of(request.duration)

    def longest_seconds(self, request: VideoRequest) -> float:
        """How long a vendor task for this request may still occupy the account."""
        if request.off_peak == "Enabled":
            return self.off_peak["longest_seconds"]
        return self._known(request).longest_seconds

    def public(self) -> JSON:
        """The catalogue as `GET /aigc/models` serves it: JSON values only, a stable shape."""
        return {"default_model": self.default_model, "models": [_public_model(model) for model in self.models]}

    def _available(self) -> list[str]:
        return [model.name for model in self.models if not model.retired]

    def _known(self, request: VideoRequest) -> ModelVersion:
        """The request's version, or the fallback: a record may be of a release with other models."""
        try:
            return self.find(request.model_name, request.model_version)
        except InvalidRequest:
            return self.fallback


@cache
def load() -> Catalogue:
    """Read the catalogue that is part of the package, once.

    Raises:
        pydantic.ValidationError: models.yaml has a fact that does not exist.
    """
    return parse((files("aigcq") / "models.yaml").read_text("utf-8"))


def parse(text: str) -> Catalogue:
    """The catalogue that `text`, in the form of models.yaml, describes."""
    data = yaml.safe_load(text)
    base = data["unless_stated"]
    return Catalogue(
        default_model=data["default_model"],
        off_peak=data["off_peak"],
        fallback=ModelVersion.model_validate(_inherit(base)),
        models=tuple(_model(name, block, base) for name, block in data["models"].items()),
    )


def _model(name: str, block: JSON, base: JSON) -> Model:
    every = block.get("every", {})
    versions = (
        _inherit(base, every, own) | {"model": name, "version": version} for version, own in block["versions"].items()
    )
    return Model(name=name, title=block.get("title", name), versions=tuple(map(ModelVersion.model_validate, versions)))


def _inherit(*layers: JSON) -> JSON:
    """Later layers replace whole facts, and with each fact its source."""
    facts: JSON = {}
    sources: JSON = {}
    for layer in layers:
        for fact, value in layer.items():
            if fact != "src":
                facts[fact] = value
                sources.pop(fact, None)
        sources |= layer.get("src", {})
    return facts | {"sources": sources}


def _public_model(model: Model) -> JSON:
    return {
        "name": model.name,
        "title": model.title,
        "retired": model.retired,
        "default_version": model.default.version,
        "versions": [_public_version(version) for version in model.versions],
    }


def _public_version(version: ModelVersion) -> JSON:
    facts = version.model_dump(mode="json", exclude={"model"})
    if version.inputs.reference is False:
        facts["max_reference_images"] = 0
    ranges = ("durations", "resolutions", "aspect_ratios")
    defaults = {fact[:-1]: facts[fact] and facts[fact]["default"] for fact in ranges}
    switches = {"audio_generation": AUDIO_BY_DEFAULT, "enhance_prompt": ENHANCE_PROMPT_BY_DEFAULT}
    return facts | {
        "retired": version.retired is not None,
        "withdrawn": facts["retired"],
        "defaults": defaults | switches,
    }
