"""AIGCQ_STORAGE: a folder, an S3 bucket, or nothing."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from obstore.exceptions import BaseError
from obstore.store import LocalStore, S3Store

from aigcq.config import Settings
from aigcq.errors import ConfigurationError
from aigcq.storage.storage import Storage

OFF: Final = "off"
_S3: Final = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,62})(?:/(?P<prefix>.*))?")
_ENDPOINT: Final = re.compile(r"https?://[^/?#\s@]+")
_HERE: Final = re.compile(r"localhost|127(\.\d{1,3}){3}|::1")
RETRY: Final[Any] = {"max_retries": 2, "retry_timeout": timedelta(seconds=30)}
"""Few and short: a worker repeats the whole copy, and for much longer."""


def open_storage(settings: Settings) -> Storage | None:
    """Return the storage that `settings` name, or None if it is off; a folder is made, a bucket is not asked.

    Raises:
        ConfigurationError: it is none, or the folder cannot be written.
    """
    where = settings.storage.strip()
    if where.lower() == OFF:
        return None
    if "://" in where:
        return Storage(_bucket(where, settings), folder=None)
    folder = Path(where or settings.data_dir / "videos").expanduser().absolute()
    return Storage(_folder(folder), folder=folder)


def refuse_unshared(settings: Settings, redis_url: str) -> None:
    """Keep several hosts from each having a folder of its own, where a video is found by the one that saved it only.

    Raises:
        ConfigurationError: Redis is elsewhere, so others may be; and nobody has said that they see this folder.
    """
    local = "://" not in settings.storage and settings.storage.strip().lower() != OFF
    if local and not settings.storage_shared and not _is_here(redis_url):
        raise ConfigurationError(
            "Redis is on another host, so others may run APIs and workers, but videos are kept in a folder of this one "
            "(AIGCQ_STORAGE). If all of them see the same folder, or there is only this host, set "
            "AIGCQ_STORAGE_SHARED=true; else set AIGCQ_STORAGE=s3://bucket/prefix, or AIGCQ_STORAGE=off."
        )


def _is_here(redis_url: str) -> bool:
    """Return whether all servers that a Redis address names are on this host."""
    parts = urlsplit(redis_url)
    hosts = parts.netloc.rpartition("@")[2].split(",")
    names = [re.sub(r":\d*$", "", host).strip("[]") or "localhost" for host in hosts]
    return parts.scheme == "unix" or all(_HERE.fullmatch(name.lower()) for name in names)


def _folder(folder: Path) -> LocalStore:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return LocalStore(folder)
    except (OSError, BaseError) as error:
        why = str(error).partition("\n")[0]
        raise ConfigurationError(f"AIGCQ_STORAGE: {folder} cannot be used: {why}.") from None


def _bucket(where: str, settings: Settings) -> S3Store:
    found = _S3.fullmatch(where)
    endpoint = settings.storage_endpoint.strip().rstrip("/")
    if not found:
        raise ConfigurationError("AIGCQ_STORAGE must be a folder, s3://bucket/prefix or off.")
    if endpoint and not _ENDPOINT.fullmatch(endpoint):
        raise ConfigurationError("AIGCQ_STORAGE_ENDPOINT must be like https://cos.ap-guangzhou.myqcloud.com.")
    bucket = found["bucket"]
    if endpoint and settings.storage_virtual_hosted:  # the library leaves a given endpoint as it is
        scheme, _, host = endpoint.partition("://")
        endpoint = endpoint if host.startswith(f"{bucket}.") else f"{scheme}://{bucket}.{host}"
    options = {
        "region": settings.storage_region,
        "endpoint": endpoint,
        "access_key_id": settings.storage_access_key_id.get_secret_value(),
        "secret_access_key": settings.storage_secret_access_key.get_secret_value(),
        "session_token": settings.storage_session_token.get_secret_value(),
    }
    given: Any = {name: value for name, value in options.items() if value}
    return S3Store(
        bucket,
        prefix=(found["prefix"] or "").strip("/") or None,
        virtual_hosted_style_request=settings.storage_virtual_hosted,
        client_options={"allow_http": endpoint.startswith("http://")},
        retry_config=RETRY,
        **given,
    )
