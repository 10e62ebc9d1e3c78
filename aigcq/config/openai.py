"""What OpenAI's clients are served."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, field_validator

from aigcq.config.group import Group, Positive


class OpenAISettings(Group):
    """What OpenAI's clients are served."""

    model_aliases: str = "sora-2=Kling-3.0,sora-2-pro=Kling-3.0-Omni"
    """Names under which clients of `/v1` ask for a model: `alias=Model-version,…` or JSON; replaces these."""
    max_upload_bytes: Annotated[int, Field(ge=1024, le=7_000_000)] = 7_000_000
    """The largest picture that may be sent with a request; the vendor takes 7 MB, as Base64."""
    upload_seconds: Positive = 7 * 86400.0
    """How long such a picture waits for its task to begin; after that the task fails, unpaid."""
    max_uploads: Annotated[int, Field(ge=1)] = 500
    """How many such pictures wait in Redis at once; beyond that, one that comes is refused with 429."""

    @field_validator("model_aliases")
    @classmethod
    def _can_be_read(cls, value: str) -> str:
        _aliases(value)
        return value

    @property
    def aliases(self) -> Mapping[str, str]:
        """Alias -> model."""
        return _aliases(self.model_aliases)


def _aliases(text: str) -> Mapping[str, str]:
    if text.lstrip().startswith("{"):
        try:
            read = json.loads(text)
        except ValueError as error:
            raise ValueError(f"is not JSON: {error}") from None
        pairs = list(read.items())
    else:
        pairs = [
            (alias, model) for alias, _, model in (each.partition("=") for each in text.split(",") if each.strip())
        ]
    if not all(isinstance(model, str) and alias.strip() and model.strip() for alias, model in pairs):
        raise ValueError("must be like alias=Model-version,another=Model, or a JSON object of texts")
    return {alias.strip(): model.strip() for alias, model in pairs}
