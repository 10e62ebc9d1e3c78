"""The processes: what they listen to, keep and log."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field, field_validator

from aigcq.config.group import Group, Positive

_ORIGIN: Final = re.compile(r"https?://(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")


class ServiceSettings(Group):
    """The processes: what they listen to, keep and log."""

    public_url: str = ""
    """How clients and the vendor reach this service, e.g. `https://video.example.com`."""
    cors_origins: str = ""
    """Origins whose pages may ask and read, e.g. `https://app.example.com`, separated by commas; `*`: any page."""
    requests_per_minute: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    """Requests of one address while nobody needs a key; 0: any number. Those of a key are its tenant's setting."""
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

    @field_validator("cors_origins")
    @classmethod
    def _origins(cls, value: str) -> str:
        origins = value.replace(",", " ").split()
        if any(origin != "*" and not _ORIGIN.fullmatch(origin) for origin in origins):
            raise ValueError("must be origins as browsers write them, like https://app.example.com: no path, no /")
        return ",".join(origins)

    @property
    def origins(self) -> tuple[str, ...]:
        """Return each of AIGCQ_CORS_ORIGINS."""
        return tuple(self.cors_origins.split(",")) if self.cors_origins else ()
