"""What routes are given: the process's store, settings and catalogue."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from aigcq.api.eta import Measured
from aigcq.api.streams import Streams
from aigcq.api.views import base_url
from aigcq.catalogue import Catalogue
from aigcq.clock import Clock
from aigcq.config import Settings
from aigcq.store import Store


def _store(request: Request) -> Store:
    store: Store = request.app.state.store
    return store


def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


def _catalogue(request: Request) -> Catalogue:
    catalogue: Catalogue = request.app.state.catalogue
    return catalogue


def _streams(request: Request) -> Streams:
    streams: Streams = request.app.state.streams
    return streams


def _clock(request: Request) -> Clock:
    clock: Clock = request.app.state.clock
    return clock


def _measured(request: Request) -> Measured:
    measured: Measured = request.app.state.measured
    return measured


def _base_url(request: Request) -> str:
    return base_url(request.scope, request.app.state.settings)


StoreDep = Annotated[Store, Depends(_store)]
SettingsDep = Annotated[Settings, Depends(_settings)]
CatalogueDep = Annotated[Catalogue, Depends(_catalogue)]
StreamsDep = Annotated[Streams, Depends(_streams)]
ClockDep = Annotated[Clock, Depends(_clock)]
MeasuredDep = Annotated[Measured, Depends(_measured)]
BaseUrl = Annotated[str, Depends(_base_url)]
"""How the client reaches us."""
