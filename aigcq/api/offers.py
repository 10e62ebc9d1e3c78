"""What is known of each model beside what it accepts: its price, and how long it has taken."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import Any, Final

from aigcq.api.eta import Measured
from aigcq.catalogue import Catalogue
from aigcq.durations import NOTHING, Sketch, kind_of
from aigcq.errors import StoreUnavailable
from aigcq.prices import Prices

PATIENCE_SECONDS: Final = 1.0
"""The catalogue itself needs no Redis: for so long it waits for what Redis knows."""


def kinds_of(catalogue: Catalogue) -> Collection[str]:
    """Return what vendor tasks of every model are called that take similarly long, off-peak ones apart."""
    return {_kind(model.name, version.version) for model in catalogue.models for version in model.versions}


async def taken(catalogue: Catalogue, measured: Measured) -> Mapping[str, Sketch]:
    """Return how long the vendor has taken, by kind; nothing if Redis does not answer soon."""
    with suppress(StoreUnavailable, TimeoutError):
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await measured.sketches(kinds_of(catalogue))
    return {}


def offered(catalogue: Catalogue, prices: Prices, sketches: Mapping[str, Sketch]) -> dict[str, Any]:
    """Return the catalogue with what is known of each version of a model."""
    public = catalogue.public()
    for model in public["models"]:
        for version in model["versions"]:
            version["price"] = prices.of(model["name"], version["version"])
            version["expected_seconds"] = _expected(sketches.get(_kind(model["name"], version["version"]), NOTHING))
    return public


def _expected(sketch: Sketch) -> dict[str, float | int] | None:
    if not sketch.tells:
        return None
    p50, p90 = (round(sketch.quantile(share), 1) for share in (0.5, 0.9))
    return {"p50": p50, "p90": p90, "samples": int(sketch.total)}


def _kind(model: str, version: str) -> str:
    return kind_of(f"{model}-{version}", off_peak=False)
