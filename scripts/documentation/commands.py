"""Every command and option, as typer knows them."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from typing import Any

import typer.main

from aigcq.cli import app
from scripts.documentation.tables import paragraphs, table


def reference() -> str:
    """Return a section for each command, in the order of `aigcq --help`."""
    return paragraphs(*(_section(name, command) for name, command in _commands("aigcq", typer.main.get_command(app))))


def _commands(name: str, group: Any) -> Iterator[tuple[str, Any]]:
    for word in group.list_commands(None):
        command = group.get_command(None, word)  # loaded when it is asked for
        if command.hidden:
            continue
        if hasattr(command, "commands"):
            yield from _commands(f"{name} {word}", command)
        else:
            yield f"{name} {word}", command


def _section(name: str, command: Any) -> str:
    shown = [each for each in command.params if not each.hidden and each.name != "help"]
    arguments = [each for each in shown if _is_argument(each)]
    options = [each for each in shown if not _is_argument(each)]
    usage = " ".join([name, *(["[OPTIONS]"] if options else []), *map(_place, arguments)])
    rows = [*map(_argument_row, arguments), *map(_option_row, options)]
    return paragraphs(f"## `{name}`", command.help or "", f"```text\n{usage}\n```", table(_HEAD, rows))


_HEAD = ("argument or option", "default", "what it says")


def _is_argument(parameter: Any) -> bool:
    return not parameter.opts[0].startswith("-")


def _place(argument: Any) -> str:
    word = argument.name.upper() + ("..." if argument.nargs != 1 else "")
    return word if argument.required else f"[{word}]"


def _argument_row(argument: Any) -> tuple[str, str, str]:
    return f"`{argument.name.upper()}`", _default(argument), _help(argument)


def _option_row(option: Any) -> tuple[str, str, str]:
    names = ", ".join(f"`{each}`" for each in [*option.opts, *option.secondary_opts])
    return names, _default(option), _help(option)


def _help(parameter: Any) -> str:
    """Return its help, without the marks of rich."""
    text = parameter.help or ""
    return f"Required. {text}" if parameter.required else text


def _default(parameter: Any) -> str:
    value = parameter.default
    if value in (None, "", False) or callable(value) or not parameter.show_default:
        return ""
    if isinstance(value, enum.Enum):
        value = value.value
    if value is True:
        value = parameter.opts[0]
    return f"`{value:.15g}`" if isinstance(value, float) else f"`{value}`"
