"""Every knob, read once from the environment and `.env`.

The base specification's names are used as they are; ours start with `AIGCQ_`. Seconds end in
`_SECONDS`. `.env.example` and the configuration reference are generated from this class.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, Final, Self
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import SecretStr, ValidationError, field_validator, model_validator
from pydantic.fields import FieldInfo

from aigcq.config.account import Account, accounts
from aigcq.config.auth import AuthSettings
from aigcq.config.budget import BudgetSettings
from aigcq.config.client import ClientSettings
from aigcq.config.group import ENV_FILE, PREFIX, VENDOR_MEMORY_SECONDS
from aigcq.config.limit import LimitSettings
from aigcq.config.metrics import MetricsSettings
from aigcq.config.openai import OpenAISettings
from aigcq.config.queue import QueueSettings
from aigcq.config.redis import DEFAULT_REDIS_HOST, RedisSettings
from aigcq.config.secrets import PLACEHOLDERS, SUFFIX, is_secret
from aigcq.config.service import ServiceSettings
from aigcq.config.storage import StorageSettings
from aigcq.config.vendor import VendorSettings
from aigcq.config.webhooks import WebhookSettings
from aigcq.config.worker import WorkerSettings
from aigcq.errors import ConfigurationError

__all__ = [
    "DEFAULT_REDIS_HOST", "ENV_FILE", "PLACEHOLDERS", "PREFIX", "VENDOR_MEMORY_SECONDS", "Account", "Settings",
    "accounts", "env_example", "environment_name", "file_names", "names", "read", "secret_paths",
]  # fmt: skip


class Settings(
    ClientSettings,
    AuthSettings,
    OpenAISettings,
    MetricsSettings,
    ServiceSettings,
    WebhookSettings,
    StorageSettings,
    BudgetSettings,
    QueueSettings,
    WorkerSettings,
    LimitSettings,
    RedisSettings,
    VendorSettings,
):
    """Settings from the environment and `.env`; frozen once read. Who reads the list sees the last base first."""

    @field_validator("tencentcloud_secret_id", "tencentcloud_secret_key")
    @classmethod
    def _a_placeholder_is_no_credential(cls, value: SecretStr) -> SecretStr:
        return SecretStr("") if value.get_secret_value() in PLACEHOLDERS else value

    @field_validator(
        "rate_limit_action",
        "log_format",
        "log_level",
        "auth",
        "unpriced",
        "failed_tasks_cost",
        "reconcile",
        mode="before",
    )
    @classmethod
    def _words_may_be_written_large(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    @model_validator(mode="after")
    def _thresholds_that_were_set_agree(self) -> Self:
        """A default never contradicts what was set: `MAX_THRESHOLD=4` alone is enough (see `limit.Law`)."""
        for low, high in (
            ("min_threshold", "default_threshold"),
            ("default_threshold", "max_threshold"),
            ("min_threshold", "max_threshold"),
        ):
            if {low, high} <= self.model_fields_set and getattr(self, low) > getattr(self, high):
                raise ValueError(f"{low.upper()} must not be above {high.upper()}")
        return self

    @model_validator(mode="after")
    def _the_alarm_comes_before_the_horizon(self) -> Self:
        if self.horizon_alarm_seconds >= self.horizon_seconds:
            alarm, horizon = (environment_name(name) for name in ("horizon_alarm_seconds", "horizon_seconds"))
            raise ValueError(f"{alarm} must be below {horizon}: an alarm is for acting before")
        return self

    @property
    def renew_seconds(self) -> float:
        """How often a worker renews its leases: two renewals may be missed."""
        return self.lease_seconds / 3

    @property
    def vendor_is_simulated(self) -> bool:
        """Whether calls cost nothing: the endpoint is on this machine or the simulator's service in Compose."""
        url = urlsplit(self.tencentcloud_endpoint)
        return url.scheme == "http" and url.hostname in ("127.0.0.1", "localhost", "::1", "simulator")

    @property
    def has_credentials(self) -> bool:
        return bool(self.tencentcloud_secret_id.get_secret_value() and self.tencentcloud_secret_key.get_secret_value())


def read(**overrides: Any) -> Settings:
    """Return the settings of the environment, with `overrides` by attribute name.

    Raises:
        ConfigurationError: a value is impossible or an `AIGCQ_…` name does not exist.
    """
    try:
        present = [*os.environ, *dotenv_values(ENV_FILE)]
        known = {*names(), *file_names().values()}
        if unknown := sorted({name for name in present if name.upper().startswith(PREFIX)} - known):
            raise ConfigurationError(f"There is no setting {', '.join(unknown)}.{_meant(unknown[0])}")
        return Settings(**overrides)
    except UnicodeDecodeError:
        raise ConfigurationError(f"{ENV_FILE} is not UTF-8: save it in that encoding.") from None
    except ValidationError as error:
        raise ConfigurationError("; ".join(_readable(item) for item in error.errors())) from None


def names() -> Mapping[str, FieldInfo]:
    """Return every setting by the name it has in the environment, in order."""
    return {environment_name(name): field for name, field in Settings.model_fields.items()}


def file_names() -> Mapping[str, str]:
    """Return of every secret, by its name, the setting that says which file holds it."""
    return {name: name + SUFFIX for name, field in names().items() if is_secret(field)}


def secret_paths() -> Mapping[str, str]:
    """Return where the secrets stand that are given in files, by name."""
    given = {name.upper(): value for name, value in {**dotenv_values(ENV_FILE), **os.environ}.items() if value}
    return {name: given[variable] for name, variable in file_names().items() if variable in given}


def env_example() -> str:
    """Return the text of `.env.example`: every setting with its meaning and default."""
    lines = [
        "# Configuration of aigcq. Copy to .env; every line may be left out.",
        "# What says so may stand in a file of its own, as containers are given secrets: NAME_FILE=/run/secrets/name",
        "# in place of NAME=…",
        "",
    ]
    files = file_names()
    for name, field in names().items():
        in_a_file = f" Or {files[name]}." if name in files else ""
        lines += [f"# {field.description}{in_a_file}", _example_line(name, field), ""]
    return "\n".join(lines)


def _example_line(name: str, field: FieldInfo) -> str:
    if name in ("TENCENTCLOUD_SECRET_ID", "TENCENTCLOUD_SECRET_KEY"):
        return f"{name}=your_{name.removeprefix('TENCENTCLOUD_').lower()}_here"
    value = field.default.get_secret_value() if isinstance(field.default, SecretStr) else field.default
    shown = f"{value:.15g}" if isinstance(value, float) else str(value)
    written = name in _BASE_SPEC
    return f"{name}={shown}" if written else f"# {name}={shown.lower() if isinstance(value, bool) else shown}"


_BASE_SPEC: Final = frozenset({
    "VOD_SUBAPP_ID", "REDIS_HOST", "REDIS_PORT", "REDIS_DB", "DEFAULT_THRESHOLD", "MAX_THRESHOLD", "THRESHOLD_DECREASE",
    "THRESHOLD_INCREASE", "RECOVERY_INTERVAL", "WORKER_POLL_INTERVAL", "WORKER_BLOCK_TIME",
})  # fmt: skip


def environment_name(attribute: str) -> str:
    """Return the name that a setting has in the environment."""
    return str(Settings.model_fields[attribute].validation_alias or PREFIX + attribute.upper())


def _meant(unknown: str) -> str:
    near = get_close_matches(unknown.upper(), names(), n=1, cutoff=0.8)
    return f" Is {near[0]} meant?" if near else " The names are in .env.example."


def _readable(item: Mapping[str, Any]) -> str:
    """Return pydantic's error with the setting's name in the environment."""
    fields = Settings.model_fields
    where = [environment_name(str(part)) if part in fields else str(part) for part in item["loc"]]
    return ": ".join([*where, str(item["msg"]).removeprefix("Value error, ")])
