"""Signatures by which receivers know that it is us: https://www.standardwebhooks.com."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from standardwebhooks import Webhook

SECRET_BYTES: Final = 32


def new_secret() -> str:
    """Return a secret that nobody knows."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode("ascii")


class Signer:
    """Signs with each of some secrets: while one is replaced, receivers may know either."""

    def __init__(self, whsecrets: Sequence[str]) -> None:
        self._webhooks = [Webhook(secret) for secret in whsecrets]

    def headers(self, message_id: str, now: float, body: str) -> Mapping[str, str]:
        """Return the headers of one call; `now`, in seconds since 1970, is that of the call and not of the message."""
        moment = datetime.fromtimestamp(int(now), UTC)
        return {
            "Content-Type": "application/json",
            "User-Agent": "aigcq",
            "webhook-id": message_id,
            "webhook-timestamp": str(int(now)),
            "webhook-signature": " ".join(webhook.sign(message_id, moment, body) for webhook in self._webhooks),
        }
