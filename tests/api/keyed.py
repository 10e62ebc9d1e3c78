"""A service for which a key is needed, and clients with keys of several tenants."""

from __future__ import annotations

from typing import Any

from aigcq.api_key import Shown
from aigcq.caller import DEFAULT_SCOPES, Scope
from tests.api.conftest import Service


def key(service: Service, tenant: str = "", *scopes: Scope, **terms: Any) -> dict[str, str]:
    """Make a key; return the header that shows it."""
    shown = Shown.new()
    service.on_store(service.store.credentials.add, shown, tenant=tenant, scopes=set(scopes or DEFAULT_SCOPES), **terms)
    forget(service)
    return {"Authorization": f"Bearer {shown.text}"}


def id_of(header: dict[str, str]) -> str:
    """Return the id of the key that a header shows."""
    return header["Authorization"].split("_")[1]


def forget(service: Service) -> None:
    """Let the process read anew what it knows of keys, as it does after a second."""
    keyring = service.http.app.state.keyring  # type: ignore[attr-defined]  # Starlette's
    keyring._read_at = float("-inf")
    keyring._keys.clear()
    keyring._tenants.clear()
