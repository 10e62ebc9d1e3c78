"""Models by the names that OpenAI's clients may use: `Hailuo-2.3`, `hailuo`, or an alias such as `sora-2`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from aigcq.capability import ModelVersion
from aigcq.catalogue import Catalogue
from aigcq.errors import ConfigurationError, InvalidRequest

UNNAMED: Final = "sora-2"
"""What the protocol means by no model, if there is such an alias; else it is the catalogue's default."""


class Names:
    """Names of models, in any letter case."""

    def __init__(self, catalogue: Catalogue, aliases: Mapping[str, str]) -> None:
        """Raise ConfigurationError if an alias stands for no model."""
        self._catalogue = catalogue
        self._aliases = {alias.casefold(): model for alias, model in aliases.items()}
        self.all = [*aliases, *(_name(version) for version in self.versions)]
        """Every name in its own spelling, aliases first."""
        for alias, model in aliases.items():
            if self._known(model) is None:
                raise ConfigurationError(f"AIGCQ_MODEL_ALIASES: {alias} stands for {model}, which is no model.")

    @property
    def versions(self) -> list[ModelVersion]:
        """What can be asked for."""
        return [version for model in self._catalogue.models for version in model.versions if not version.retired]

    def find(self, name: str) -> ModelVersion:
        """Return the version that is meant.

        Raises:
            InvalidRequest: there is no such model.
        """
        if not name and UNNAMED not in self._aliases:
            return self._catalogue.find("")
        asked = name or UNNAMED
        if found := self._known(self._aliases.get(asked.casefold(), asked)):
            return found
        raise InvalidRequest("model", f"There is no model {asked}.", self.all)

    def _known(self, name: str) -> ModelVersion | None:
        wanted = name.casefold()
        for model in self._catalogue.models:
            if wanted == model.name.casefold():
                return model.default
            for version in model.versions:
                if wanted == _name(version).casefold():
                    return version
        return None


def _name(version: ModelVersion) -> str:
    return f"{version.model}-{version.version}"
