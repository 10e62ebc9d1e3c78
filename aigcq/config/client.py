"""The client's side: `aigcq.client` and the commands that ask the service."""

from __future__ import annotations

from pydantic import SecretStr

from aigcq.config.group import Group


class ClientSettings(Group):
    """How commands, and applications with `aigcq.client`, reach the service."""

    url: str = ""
    """The service that commands and clients ask, e.g. `https://video.example.com`."""
    api_key: SecretStr = SecretStr("")
    """What they prove with who they are, where the service wants to know: `Authorization: Bearer …`."""
