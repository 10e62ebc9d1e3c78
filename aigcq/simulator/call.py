"""One request that has passed the gateway."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Call:
    """Who asks for what; `params` are checked by `schema`."""

    action: str
    secret_id: str
    params: Mapping[str, Any]
    struck: frozenset[str]
    """The faults that strike this request."""
    base_url: str
    """Where the client reached us; FileUrl begins with it."""

    @property
    def sub_app_id(self) -> int | None:
        """The application, if it was sent."""
        sent = self.params.get("SubAppId")
        return None if sent is None else int(sent)
