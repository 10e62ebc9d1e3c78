"""What Prometheus is told, and whom else."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, SecretStr

from aigcq.config.group import Group


class MetricsSettings(Group):
    """What Prometheus is told, and whom else."""

    metrics_port: Annotated[int, Field(ge=0, le=65535)] = 0
    """Where a worker answers Prometheus, at `/metrics`; 0: nowhere. The API does so on its own port."""
    metrics_host: str = "127.0.0.1"
    """The address of that port."""
    metrics_token: SecretStr = SecretStr("")
    """What `/metrics` may be read with in place of an admin key, as a bearer token; a worker then asks for it too."""
