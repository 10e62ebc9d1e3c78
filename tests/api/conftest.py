"""The API in this process, on a private queue in a real Redis."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import SecretStr
from starlette.datastructures import State

from aigcq import config
from aigcq.api import create_app
from aigcq.config import Settings
from aigcq.store import Store


@dataclass(frozen=True)
class Service:
    """A client of the API, and the store behind it; verbs of the store run in the API's loop."""

    http: TestClient
    store: Store

    def on_store(self, verb, *args, **kwargs):  # type: ignore[no-untyped-def]  # any verb of the store
        assert self.http.portal
        return self.http.portal.call(lambda: verb(*args, **kwargs))


@cache
def _app() -> FastAPI:
    """One for all tests of this process: to put its routes together takes longer than most tests."""
    return create_app()


@pytest.fixture
def service(settings: Settings, redis_url: str) -> Iterator[Service]:
    """The API with the test's settings; its queue is deleted at the end."""
    own = settings.model_copy(update={"redis_url": SecretStr(redis_url)})
    with ExitStack() as stack:
        app = _app()
        app.state = State()
        app.__dict__.pop("_front", None)  # which knows the settings of the test before
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(config, "read", lambda: own)
            http = stack.enter_context(TestClient(app, raise_server_exceptions=False))
        made = Service(http, http.app.state.store)  # type: ignore[attr-defined]  # Starlette's
        yield made
        made.on_store(_forget, made.store)


async def _forget(store: Store) -> None:
    client = store.connection.client
    if names := [name async for name in client.scan_iter(match=store.connection.keys.prefix + "*", count=1000)]:
        await client.delete(*names)
