"""The vendor accounts of one deployment: the file that AIGCQ_ACCOUNTS names, or the one account of the settings.

An account is a queue of its own, and to everything that works on a queue it is settings like any: the name of the
queue, the credentials and whatever else the file says are its own, the rest is everyone's.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator

from aigcq.config.limit import LimitSettings
from aigcq.config.vendor import VendorSettings
from aigcq.errors import ConfigurationError

if TYPE_CHECKING:
    from aigcq.config import Settings

NAMES: Final = {
    "secret_id": "tencentcloud_secret_id",
    "secret_key": "tencentcloud_secret_key",
    "token": "tencentcloud_token",
    "endpoint": "tencentcloud_endpoint",
    "region": "tencentcloud_region",
    "sub_app_id": "vod_subapp_id",
}
"""What a setting of the vendor is called in the file."""
CREDENTIALS: Final = ("secret_id", "secret_key", "token")
OVERRIDES: Final = frozenset(LimitSettings.model_fields) | {
    "create_rate", "create_burst", "describe_rate", "describe_burst", "backlog_limit", "max_attempts",
    "vendor_events", "vendor_listing", "vendor_timeout_seconds", "worker_concurrency", "refused_burns_session",
}  # fmt: skip
"""Settings that an account may have of its own, by the names that they have in code."""

_Names = tuple[Annotated[str, Field(min_length=1, max_length=80)], ...]


class _Entry(BaseModel):
    """One account as the file says it; what is not named here is one of OVERRIDES."""

    model_config = ConfigDict(extra="allow", frozen=True, hide_input_in_errors=True)

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
    models: _Names = ()
    tenants: _Names = ()
    secret_id: SecretStr | None = None
    secret_key: SecretStr | None = None
    token: SecretStr | None = None
    secret_id_file: str = ""
    secret_key_file: str = ""
    token_file: str = ""
    secret_id_env: str = ""
    secret_key_env: str = ""
    token_env: str = ""

    @model_validator(mode="after")
    def _each_field_exists_and_a_secret_is_given_once(self) -> Self:
        allowed = OVERRIDES | set(NAMES)
        if unknown := sorted(set(self.model_extra or ()) - allowed):
            known = ", ".join(sorted({*type(self).model_fields, *allowed}))
            raise ValueError(f"there is no field {', '.join(unknown)}; there is: {known}")
        for name in CREDENTIALS:
            given = [each for each in (name, f"{name}_file", f"{name}_env") if getattr(self, each)]
            if len(given) > 1:
                raise ValueError(f"{' and '.join(given)}: give one of them")
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One vendor account: a queue, with settings of its own."""

    name: str
    """What it is called, which is its queue."""
    settings: Settings
    models: frozenset[str] = frozenset()
    """`Name` or `Name-version` of the models that it takes; empty: all."""
    tenants: frozenset[str] = frozenset()
    """For whom it works, as people call them; empty: for everyone."""

    def serves(self, tenant: str) -> bool:
        """Return whether it works for a tenant, given as people call it."""
        return not self.tenants or tenant in self.tenants

    def makes(self, model: str) -> bool:
        """Return whether it takes a model, given as `Name-version`."""
        return not self.models or model in self.models or model.partition("-")[0] in self.models


def accounts(settings: Settings) -> tuple[Account, ...]:
    """Return the accounts in the order of the file; without one, the account that the settings themselves are.

    The first one is the home of what belongs to no account: API keys, tenants.

    Raises:
        ConfigurationError: the file cannot be read, or an account in it cannot work. No secret is in its words.
    """
    if not settings.accounts:
        return (Account(name=settings.queue, settings=settings),)
    path = Path(settings.accounts)
    entries = _entries(path)
    found = [_account(entry, f"account {i + 1}", settings, path.parent) for i, entry in enumerate(entries)]
    names = [each.name for each in found]
    if double := sorted({name for name in names if names.count(name) > 1}):
        raise ConfigurationError(f"{path}: there are two accounts named {', '.join(double)}.")
    return tuple(found)


def only(known: Collection[Account], name: str) -> Account:
    """Return the account of that name.

    Raises:
        ConfigurationError: there is none.
    """
    for each in known:
        if each.name == name:
            return each
    raise ConfigurationError(f"There is no account {name!r}; there is: {', '.join(each.name for each in known)}.")


def _entries(path: Path) -> list[Mapping[str, Any]]:
    """Return what the file lists. Its text is never quoted: a secret may stand there."""
    try:
        read = yaml.safe_load(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigurationError(f"AIGCQ_ACCOUNTS: {path} cannot be read ({error.strerror}).") from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"AIGCQ_ACCOUNTS: {path} is not UTF-8: save it in that encoding.") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise ConfigurationError(f"AIGCQ_ACCOUNTS: {path} is not YAML{line}.") from None
    listed = read.get("accounts") if isinstance(read, dict) and set(read) == {"accounts"} else None
    if not isinstance(listed, list) or not listed or not all(isinstance(each, dict) for each in listed):
        raise ConfigurationError(f"AIGCQ_ACCOUNTS: {path} must be a list `accounts:` with at least one account.")
    return listed


def _account(entry: Mapping[str, Any], where: str, settings: Settings, folder: Path) -> Account:
    name = entry.get("name")
    where = f"AIGCQ_ACCOUNTS: {f'account {name}' if isinstance(name, str) and name else where}"
    with _told(where):
        read = _Entry.model_validate(entry)
    own: dict[str, Any] = {NAMES.get(field, field): value for field, value in (read.model_extra or {}).items()}
    for field in CREDENTIALS:
        own[NAMES[field]] = _secret(read, field, where, folder)
    # What is set counts as set, and defaults stay defaults: laws of the limit tell one from the other.
    given = {field: getattr(settings, field) for field in settings.model_fields_set if field not in _VENDOR}
    with _told(where):
        merged = type(settings)(**given | own, queue=read.name)
    if not merged.has_credentials:
        raise ConfigurationError(
            f"{where}: secret_id and secret_key are missing (or secret_id_file, secret_id_env, …)."
        )
    return Account(name=read.name, settings=merged, models=frozenset(read.models), tenants=frozenset(read.tenants))


_VENDOR: Final = frozenset(VendorSettings.model_fields) & {NAMES[field] for field in CREDENTIALS} | {"queue"}
"""What an account has of its own in any case: another one's credentials must never be tried."""


def _secret(entry: _Entry, field: str, where: str, folder: Path) -> SecretStr:
    if file := getattr(entry, f"{field}_file"):
        try:
            return SecretStr((folder / file).read_text("utf-8").strip())
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "not UTF-8"
            raise ConfigurationError(f"{where}: {field}_file {folder / file} cannot be read ({why}).") from None
    if variable := getattr(entry, f"{field}_env"):
        if not os.environ.get(variable):
            raise ConfigurationError(f"{where}: {field}_env names {variable}, which is not set.")
        return SecretStr(os.environ[variable])
    return getattr(entry, field) or SecretStr("")


@contextmanager
def _told(where: str) -> Iterator[None]:
    try:
        yield
    except ValidationError as error:
        told = [": ".join([*map(_word, item["loc"]), _sentence(item["msg"])]) for item in error.errors()]
        raise ConfigurationError(f"{where}: {'; '.join(told)}") from None


def _sentence(message: str) -> str:
    return message.removeprefix("Value error, ")


def _word(part: object) -> str:
    """Return the name that a field has in the file."""
    name = str(part).lower()
    return next((own for own, setting in NAMES.items() if setting == name), name)
