"""The processes: what they listen to, keep and log."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from aigcq.config.group import Group, Positive


class ServiceSettings(Group):
    """The processes: what they listen to, keep and log."""

    public_url: str = ""
    """How clients and the vendor reach this service, e.g. `https://video.example.com`."""
    max_body_bytes: Annotated[int, Field(ge=1024)] = 1024 * 1024
    """The largest body of a request. Files are given by URL or file id, so that no request needs more."""
    body_seconds: Positive = 30.0
    """How long the body of a request may take to arrive."""
    stream_clients: Annotated[int, Field(ge=1)] = 5000
    """Clients whom one API process tells of events at once, or lets wait for a task to end; more get 429."""
    stream_seconds: Positive = 3600.0
    """How long a client is told of events over one connection; it then connects again and misses nothing."""
    data_dir: Path = Path(".aigcq")
    """Where the embedded store keeps its data."""
    log_format: Literal["console", "json"] = "console"
    """`console` for people, `json` for machines."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """The least important line that is logged."""
