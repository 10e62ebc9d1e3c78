"""Secrets out of files, as containers are given them: NAME_FILE=/path instead of NAME=value."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource

from aigcq.errors import ConfigurationError

SUFFIX: Final = "_FILE"
PLACEHOLDERS: Final = frozenset({"your_secret_id_here", "your_secret_key_here"})
"""What `.env.example` says in place of a credential; it counts as not set."""
_MOST_BYTES: Final = 64 * 1024


def is_secret(field: FieldInfo) -> bool:
    """Whether a setting is a secret, which may stand in a file of its own."""
    return field.annotation is SecretStr


def read_secret(name: str, path: str) -> str:
    """Return what stands in the file of the secret `name`, without the newline that editors put behind it.

    Raises:
        ConfigurationError: it cannot be read, or holds what is no text.
    """
    try:
        with Path(path).open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
        if len(content) > _MOST_BYTES:
            raise ConfigurationError(f"{name}{SUFFIX}: the file at {path} is too large to be a secret.")
        return content.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        raise ConfigurationError(f"{name}{SUFFIX}: the file at {path} is not UTF-8.") from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "that is no path"
        raise ConfigurationError(f"{name}{SUFFIX}: {path} cannot be read: {why}.") from None


class SecretFiles(PydanticBaseSettingsSource):
    """Settings that NAME_FILE names, where `sources`, the environment and `.env`, have one."""

    def __init__(self, settings_cls: type[BaseSettings], *sources: PydanticBaseSettingsSource) -> None:
        super().__init__(settings_cls)
        self._prefix = str(settings_cls.model_config["env_prefix"])
        self._given: Mapping[str, str | None] = {}
        for source in reversed(sources):  # the first has the last word
            if isinstance(source, EnvSettingsSource):
                self._given = {**self._given, **source.env_vars}

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        name = str(field.validation_alias or self._prefix + field_name.upper())
        path = self._given.get(f"{name}{SUFFIX}".lower())
        if not path or not is_secret(field):
            return None, name, False
        if (self._given.get(name.lower()) or "") not in {"", *PLACEHOLDERS}:
            raise ConfigurationError(f"{name} and {name}{SUFFIX} are both set: leave one of them out.")
        return read_secret(name, path), name if field.validation_alias else field_name, False

    def __call__(self) -> dict[str, Any]:
        found = (self.get_field_value(field, name) for name, field in self.settings_cls.model_fields.items())
        return {key: value for value, key, _ in found if value is not None}
