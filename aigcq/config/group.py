"""What settings are made of."""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import Field
from pydantic import PositiveFloat as Positive
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from aigcq.config.secrets import SecretFiles

__all__ = ["Group", "Memory", "Milliseconds", "Port", "Positive", "Threshold", "named"]

PREFIX: Final = "AIGCQ_"
VENDOR_MEMORY_SECONDS: Final = 72 * 3600.0
"""After that the vendor knows neither its task nor the SessionId any more."""
ENV_FILE: Final = ".env"

Threshold = Annotated[int, Field(ge=1, le=100_000)]
Milliseconds = Annotated[int, Field(ge=1, le=3_600_000)]
Memory = Annotated[float, Field(gt=0, lt=VENDOR_MEMORY_SECONDS)]
Port = Annotated[int, Field(ge=1, le=65535)]


def named(name: str, default: Any) -> Any:
    """A setting whose name is a standard or the base specification's, without our prefix."""
    return Field(default=default, validation_alias=name)


class Group(BaseSettings):
    """Settings that belong together; `Settings` is all of them."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=ENV_FILE,
        env_ignore_empty=True,
        extra="ignore",  # unknown AIGCQ_ names are refused by `read`; .env may hold others'
        frozen=True,
        populate_by_name=True,
        use_attribute_docstrings=True,
        hide_input_in_errors=True,  # an error must not print a secret
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Where settings are looked for, the first one first."""
        files = SecretFiles(settings_cls, env_settings, dotenv_settings)
        return init_settings, files, env_settings, dotenv_settings
