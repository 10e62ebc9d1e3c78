"""What routes are given: the process's store, settings and catalogue."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from starlette.types import Scope

from aigcq.api.eta import Measured
from aigcq.api.gate import caller_of
from aigcq.api.keyring import Keyring
from aigcq.api.links import Base
from aigcq.api.streams import Streams
from aigcq.api.views import base_url
from aigcq.caller import Caller
from aigcq.catalogue import Catalogue
from aigcq.clock import Clock
from aigcq.config import Settings
from aigcq.store import Store


def _caller(request: Request) -> Caller:
    return caller_of(request.scope)


def _keyring(request: Request) -> Keyring:
    keyring: Keyring = request.app.state.keyring
    return keyring


def store_of(scope: Scope) -> Store:
    """Return the store as who makes this request may see it; there is no other way to it for a route."""
    store: Store = scope["app"].state.store
    return store.seen_by(caller_of(scope))


def _store(request: Request) -> Store:
    return store_of(request.scope)


def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


def _catalogue(request: Request) -> Catalogue:
    catalogue: Catalogue = request.app.state.catalogue
    return catalogue


def _streams(request: Request) -> Streams:
    streams: Streams = request.app.state.streams
    return streams.seen_by(caller_of(request.scope))


def _clock(request: Request) -> Clock:
    clock: Clock = request.app.state.clock
    return clock


def _measured(request: Request) -> Measured:
    measured: Measured = request.app.state.measured
    return measured


async def base_of(scope: Scope) -> Base:
    """Return how the client of a request reaches us, with what signs addresses for it."""
    state = scope["app"].state
    return Base.of(base_url(scope, state.settings), await state.keyring.signer(caller_of(scope)))


async def _base_url(request: Request) -> Base:
    return await base_of(request.scope)


CallerDep = Annotated[Caller, Depends(_caller)]
KeyringDep = Annotated[Keyring, Depends(_keyring)]
StoreDep = Annotated[Store, Depends(_store)]
SettingsDep = Annotated[Settings, Depends(_settings)]
CatalogueDep = Annotated[Catalogue, Depends(_catalogue)]
StreamsDep = Annotated[Streams, Depends(_streams)]
ClockDep = Annotated[Clock, Depends(_clock)]
MeasuredDep = Annotated[Measured, Depends(_measured)]
BaseUrl = Annotated[Base, Depends(_base_url)]
"""How the client reaches us."""
