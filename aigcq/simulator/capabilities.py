"""What each vendor model can do, and what the vendor says when it is asked for more.

A wrong ModelName or ModelVersion is refused at submit. Everything else here is accepted and
fails seconds later, which is what the real service was seen to do.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

import yaml

Params = Mapping[str, Any]
"""The JSON body of a CreateAigcVideoTask request, checked by `schema`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Durations:
    """The seconds of video that a model makes."""

    enum: tuple[float, ...] = ()
    min: float = 0.0
    max: float = 0.0
    default: float
    whole: bool = False

    def __contains__(self, seconds: float) -> bool:
        if self.enum:
            return seconds in self.enum
        return self.min <= seconds <= self.max and not (self.whole and seconds % 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One ModelName and ModelVersion, as the vendor knows it; see vendor.yaml for the fields."""

    name: str
    version: str
    durations: Durations
    resolutions: tuple[str, ...]
    aspect_ratios: tuple[str, ...]
    latency: float
    text: bool = True
    first_frame: bool = True
    last_frame: bool = True
    reference: bool = True
    frames_or_references: bool = False
    max_references: int = 7
    prompt_max: int | None = None
    full_hd_max_seconds: float | None = None
    minimum_billed: float = 0.0
    complaint: str = "create gen_video task failed"


@dataclass(frozen=True, slots=True)
class Table:
    """The vendor's models, by name and version, and its forbidden words."""

    models: Mapping[tuple[str, str], Model]
    names: frozenset[str]
    moderation: re.Pattern[str]


@functools.cache
def table() -> Table:
    """Return the table in vendor.yaml."""
    source = resources.files(__package__).joinpath("vendor.yaml").read_text("utf-8")
    document = yaml.safe_load(source)
    models = {
        (name, version): _model(name, version, {**common, **own})
        for name, common in document["models"].items()
        for version, own in common.pop("versions").items()
    }
    words = "|".join(rf"\b{word}\b" if word.isascii() else word for word in document["moderation_words"])
    return Table(models, frozenset(document["models"]), re.compile(words, re.IGNORECASE))


def _model(name: str, version: str, fields: dict[str, Any]) -> Model:
    durations = fields.pop("durations")
    durations["enum"] = tuple(durations.get("enum", ()))
    fields["resolutions"] = tuple(fields["resolutions"])
    fields["aspect_ratios"] = tuple(fields["aspect_ratios"])
    return Model(name=name, version=version, durations=Durations(**durations), **fields)


def seconds_asked(model: Model, params: Params) -> float:
    """Return the length of the video that `params` ask for, in seconds."""
    return float((params.get("OutputConfig") or {}).get("Duration") or model.durations.default)


def breaks_the_rules(params: Params) -> bool:
    """Return whether the prompt holds a forbidden word."""
    return bool(table().moderation.search(params.get("Prompt") or ""))


def why_not(model: Model, params: Params) -> str | None:
    """Return the vendor's message about the first thing `model` cannot do, or None if it can do it all."""
    return next(filter(None, (check(model, params) for check in _CHECKS)), None)


def _usages(params: Params) -> list[str]:
    """Return what each input file is for; an ObjectId is the older way to say Reference."""
    files = params.get("FileInfos") or []
    return [file.get("Usage") or ("Reference" if file.get("ObjectId") else "FirstFrame") for file in files]


def _has_last_frame(params: Params) -> bool:
    sent = params.get("LastFrameUrl") or params.get("LastFrameFileId")
    return bool(sent) or "LastFrame" in _usages(params)


def _input(model: Model, params: Params) -> str | None:
    usages = set(_usages(params))
    made_from = bool(usages or params.get("SubjectInfos") or params.get("SceneType") or _has_last_frame(params))
    unable = (
        (not made_from and not model.text)
        or ("FirstFrame" in usages and not model.first_frame)
        or (_has_last_frame(params) and not model.last_frame)
        or ("Reference" in usages and not model.reference)
    )
    return f"task failed with status: FAIL, message: {model.complaint}" if unable else None


def _frames(model: Model, params: Params) -> str | None:
    usages = set(_usages(params))
    if _has_last_frame(params) and "FirstFrame" not in usages:
        return "task failed with status: FAIL, message: last frame needs a first frame"
    if model.frames_or_references and "Reference" in usages and len(usages) > 1:
        return "task failed with status: FAIL, message: first/last frame and reference cannot be mixed"
    return None


def _references(model: Model, params: Params) -> str | None:
    count = _usages(params).count("Reference")
    return f"too many references: {count} > {model.max_references}" if count > model.max_references else None


def _duration(model: Model, params: Params) -> str | None:
    seconds = seconds_asked(model, params)
    if seconds in model.durations:
        return None
    return f"task failed with status: FAIL, message: invalid duration {seconds:g}"


def _picture(model: Model, params: Params) -> str | None:
    config = params.get("OutputConfig") or {}
    for field, allowed in (("Resolution", model.resolutions), ("AspectRatio", model.aspect_ratios)):
        value = config.get(field)
        if value and allowed and value not in allowed:
            return f"task failed with status: FAIL, message: {field} {value} is not supported"
    return None


def _full_hd(model: Model, params: Params) -> str | None:
    config = params.get("OutputConfig") or {}
    limit = model.full_hd_max_seconds
    too_long = limit is not None and seconds_asked(model, params) > limit
    return model.complaint if too_long and str(config.get("Resolution")).upper() == "1080P" else None


def _prompt(model: Model, params: Params) -> str | None:
    length = len(params.get("Prompt") or "")
    too_long = model.prompt_max is not None and length > model.prompt_max
    return f"content[0].text too long: {length} > {model.prompt_max}" if too_long else None


def _urls(_: Model, params: Params) -> str | None:
    bad = [url for url in _urls_of(params) if not re.match(r"https?://[^/]", url) or ".invalid" in url]
    return "task failed with status: FAIL, message: download file failed" if bad else None


def _urls_of(params: Params) -> Iterable[str]:
    yield from (file["Url"] for file in params.get("FileInfos") or [] if file.get("Url"))
    if url := params.get("LastFrameUrl"):
        yield url


_CHECKS: tuple[Callable[[Model, Params], str | None], ...] = (
    _input, _frames, _references, _duration, _picture, _full_hd, _prompt, _urls,
)  # fmt: skip
