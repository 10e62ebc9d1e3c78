"""Telling clients and operators what became of tasks."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator

from aigcq.config.group import Group, Positive

SECRET_PREFIX = "whsec_"


class WebhookSettings(Group):
    """Telling clients and operators what became of tasks."""

    webhook_url: SecretStr = SecretStr("")
    """Where every task's end is told, besides the task's own webhook; for API and workers alike."""
    webhook_events: Literal["end", "start", "start,end"] = "end"
    """What is told there: `end`, `start` or `start,end`."""
    webhook_secret: SecretStr = SecretStr("")
    """What signs: `whsec_…`, several separated by commas while one is replaced. Default: made once, kept in Redis."""
    webhook_allow: str = ""
    """Hosts and networks (CIDR) in the own network that tasks' webhooks may lead to, separated by commas."""
    webhook_timeout_seconds: Annotated[float, Field(gt=0, le=60)] = 15.0
    """How long a receiver may take to answer."""
    webhook_concurrency: Annotated[int, Field(ge=1, le=1000)] = 64
    """How many receivers one worker process calls at once."""
    webhook_host_concurrency: Annotated[int, Field(ge=1, le=1000)] = 4
    """How many of these calls go to one host; one at a time while it does not answer."""
    webhook_disable_failures: Annotated[int, Field(ge=1)] = 20
    """A receiver is disabled once so many calls in a row have failed, if they did for AIGCQ_WEBHOOK_DISABLE_SECONDS."""
    webhook_disable_seconds: Positive = 5 * 86400.0
    """For how long they must have failed."""

    @field_validator("webhook_url")
    @classmethod
    def _a_url(cls, value: SecretStr) -> SecretStr:
        if url := value.get_secret_value():
            parts = urlsplit(url)
            if parts.scheme not in ("http", "https") or not parts.hostname:
                raise ValueError("must be a complete http:// or https:// URL")
        return value

    @field_validator("webhook_secret")
    @classmethod
    def _secrets(cls, value: SecretStr) -> SecretStr:
        for secret in _words(value.get_secret_value()):
            if not secret.startswith(SECRET_PREFIX) or not 24 <= _length(secret.removeprefix(SECRET_PREFIX)) <= 64:
                raise ValueError(
                    "must be whsec_ and 24 to 64 random bytes in base64: `aigcq webhooks secret` shows one"
                )
        return value

    @property
    def webhook_secrets(self) -> tuple[str, ...]:
        """Return each of AIGCQ_WEBHOOK_SECRET."""
        return tuple(_words(self.webhook_secret.get_secret_value()))


def _words(text: str) -> list[str]:
    return text.replace(",", " ").split()


def _length(text: str) -> int:
    try:
        return len(base64.b64decode(text + "=" * (-len(text) % 4), validate=True))
    except (binascii.Error, ValueError):
        return 0
