"""A service with two accounts, in this process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from fastapi.testclient import TestClient
from pydantic import SecretStr

from aigcq.accounts import Accounts
from aigcq.api import create_app
from aigcq.config import Settings
from tests.api.conftest import Service


def entries(settings: Settings, **fields: dict[str, Any]) -> list[dict[str, Any]]:
    """Return two accounts as the file has them; `fields` are those of one."""
    names = {letter: f"{settings.queue}-{letter}" for letter in "ab"}
    return [
        {"name": name, "secret_id": "AKID", "secret_key": f"secret-of-{letter}"} | fields.get(letter, {})
        for letter, name in names.items()
    ]


@contextmanager
def served(settings: Settings, redis_url: str, **fields: dict[str, Any]) -> Iterator[tuple[Service, Accounts]]:
    """Yield the service, and its accounts."""
    path = Path("accounts.yaml").absolute()
    path.write_text(yaml.safe_dump({"accounts": entries(settings, **fields)}))
    own = settings.model_copy(update={"redis_url": SecretStr(redis_url), "accounts": str(path)})
    with TestClient(create_app(own), raise_server_exceptions=False) as http:
        store = http.app.state.store  # type: ignore[attr-defined]  # Starlette's
        yield Service(http, store), store.accounts
