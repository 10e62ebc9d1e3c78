"""Who may call."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from aigcq.config.group import Group


class AuthSettings(Group):
    """Who may call."""

    auth: Literal["auto", "required", "off"] = "auto"
    """Who needs an API key: `auto`: everyone, from the first key on; `required`: everyone, and the API does not start
    without one; `off`: nobody."""
    link_seconds: Annotated[int, Field(ge=60, le=30 * 86400)] = 86400
    """How long a signed address works, by which a file or a task's events are had without a key."""
