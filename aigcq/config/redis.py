"""Where Redis is, and what it must have before a write counts."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field, SecretStr

from aigcq.config.group import Group, Port, named

DEFAULT_REDIS_HOST: Final = "redis"


class RedisSettings(Group):
    """Where Redis is, and what it must have before a write counts."""

    redis_url: SecretStr = named("REDIS_URL", SecretStr(""))
    """`redis://`, `unix://`, `redis+sentinel://` or `redis+cluster://` address; replaces the next four settings."""
    redis_host: str = named("REDIS_HOST", DEFAULT_REDIS_HOST)
    """Redis host. If it is the default and does not resolve, the embedded Valkey is used."""
    redis_port: Port = named("REDIS_PORT", 6379)
    """Redis port."""
    redis_db: Annotated[int, Field(ge=0)] = named("REDIS_DB", 0)
    """Redis database."""
    redis_password: SecretStr = named("REDIS_PASSWORD", SecretStr(""))
    """Redis password."""
    redis_sentinel_password: SecretStr = named("REDIS_SENTINEL_PASSWORD", SecretStr(""))
    """Password of the Sentinels, if they have one; the one in REDIS_URL is for the servers that they watch."""
    min_replicas: Annotated[int, Field(ge=0, le=100)] = 0
    """How many replicas must have a new task before it is acknowledged, and a submission before it is sent."""
    replica_wait_seconds: Annotated[float, Field(gt=0, le=60)] = 2.0
    """How long they may take; then a create answers 503 (the task may be there), and a submission waits."""
