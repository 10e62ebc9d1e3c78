"""Every setting, by the group that it belongs to."""

from __future__ import annotations

from typing import Any, Final, get_args

from aigcq import config
from aigcq.config import Settings
from scripts.documentation.tables import paragraphs, table

HEAD: Final = ("name", "default", "what it says")


def reference() -> str:
    """Return a table for each group of settings; those that one sets first come first."""
    groups = [group for group in reversed(Settings.__bases__) if group.__name__ != "Group"]
    return paragraphs(*(_group(group) for group in groups))


def _group(group: type[Any]) -> str:
    title = " ".join((group.__doc__ or "").split()).rstrip(".")
    rows = [_row(name) for name in group.model_fields if name in Settings.model_fields]
    return paragraphs(f"## {title}", table(HEAD, rows))


def _row(attribute: str) -> tuple[str, str, str]:
    name = config.environment_name(attribute)
    field = Settings.model_fields[attribute]
    words = [str(word) for word in get_args(field.annotation) if isinstance(word, str)]
    allowed = f" One of {', '.join(f'`{word}`' for word in words)}." if words else ""
    in_a_file = f" Or `{config.file_names()[name]}`." if name in config.file_names() else ""
    return f"`{name}`", _shown(field.default), f"{field.description}{allowed}{in_a_file}"


def _shown(value: Any) -> str:
    value = value.get_secret_value() if hasattr(value, "get_secret_value") else value
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    text = f"{value:.15g}" if isinstance(value, float) else str(value if value is not None else "")
    return f"`{text}`" if text else ""
