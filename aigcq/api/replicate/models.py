"""Models as this protocol names them: `owner/name`, with versions that have ids."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from aigcq.api.openai.names import Names
from aigcq.api.replicate.inputs import input_schema
from aigcq.api.replicate.schema import ModelObject, VersionObject
from aigcq.capability import ModelVersion
from aigcq.errors import InvalidRequest, ModelNotFound
from aigcq.schemas import spelt

LONG_AGO: Final = "1970-01-01T00:00:00Z"
"""Nobody says when a model came to be, and the libraries will have a time."""
COG: Final = "0.16.0"
"""Of the tool that the protocol's models are built with: the libraries read from it what its schemas mean."""
_V: Final = re.compile(r"([-/])v(?=\d)")


@dataclass(frozen=True, slots=True)
class Asked:
    """A model that a client has asked for."""

    name: str
    """As the client says it: `owner/name`."""
    version: ModelVersion


def by_owner_and_name(names: Names, owner: str, name: str) -> Asked:
    """Return the model at `owner/name`; whose it is may be said as one likes.

    Raises:
        ModelNotFound: there is none of this name.
    """
    full = f"{owner}/{name}"
    if found := _find(names, full) or _find(names, name):
        return Asked(full, found)
    raise ModelNotFound(spelt(full), known(names))


def by_version(names: Names, given: str, field: str) -> Asked:
    """Return the model that `version` of a body names: a version's id, `owner/name`, or both with a colon between.

    Raises:
        InvalidRequest: there is no such version.
    """
    model, _, version_id = given.rpartition(":")
    path = model or given
    found = _find(names, given) or _find(names, version_id) or _find(names, version_id.rpartition("/")[2])
    if not found:
        raise InvalidRequest(field, f"There is no version {spelt(given)}.", known(names))
    return Asked(path if "/" in path else path_of(found), found)


def known(names: Names) -> list[str]:
    """Return what can be asked for, as `owner/name`."""
    return [path_of(version) for version in names.versions]


def path_of(version: ModelVersion) -> str:
    """Return `owner/name` of a version, with the maker of its model as the owner."""
    return f"{OWNERS.get(version.model, version.model.lower())}/{id_of(version)}"


def id_of(version: ModelVersion) -> str:
    return f"{version.model}-{version.version}".lower()


OWNERS: Final = {
    "Hailuo": "minimax",
    "Kling": "kwaivgi",
    "Vidu": "vidu",
    "GV": "google",
    "OS": "openai",
    "PixVerse": "pixverse",
    "Hunyuan": "tencent",
    "Mingmou": "tencent",
}
"""Of models whose makers are known on Replicate under another name than the model's."""


def _find(names: Names, name: str) -> ModelVersion | None:
    """Return the version that `name` means; there, versions are often called `v2.5`, and here `2.5`."""
    for spelling in (name, _V.sub(r"\1", name)):
        try:
            if spelling:
                return names.find(spelling)
        except InvalidRequest:
            continue
    return None


def model_object(asked: Asked, base: str) -> ModelObject:
    """Return the model as the protocol shows it."""
    owner, _, name = asked.name.partition("/")
    return ModelObject(
        url=f"{base}/aigc/models",
        owner=owner,
        name=name,
        description=asked.version.title,
        latest_version=version_object(asked.version),
    )


def version_object(version: ModelVersion) -> VersionObject:
    """Return the version as the protocol shows it, with what its `input` takes."""
    output: dict[str, Any] = {"type": "string", "format": "uri", "title": "Output"}
    document = {
        "openapi": "3.0.2",
        "info": {"title": version.title, "version": version.version},
        "paths": {},
        "components": {"schemas": {"Input": input_schema(), "Output": output}},
    }
    return VersionObject(id=id_of(version), created_at=LONG_AGO, cog_version=COG, openapi_schema=document)
