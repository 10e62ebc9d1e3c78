"""What Redis is asked, as MONITOR shows it."""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from typing import Final
from urllib.parse import urlsplit

_LINE: Final = re.compile(r"^\+?[\d.]+ \[\d+ ([^]]+)\] (.*)$")
_WORD: Final = re.compile(r'"((?:[^"\\]|\\.)*)"')


async def heard(url: str, seconds: float) -> list[list[str]]:
    """Return the commands that come over connections in so many seconds, each as its words.

    What scripts call inside of Redis is left out.
    """
    where = urlsplit(url)
    reader, writer = await asyncio.open_connection(where.hostname, where.port, limit=2**24)
    writer.write(b"MONITOR\r\n")
    lines: list[str] = []
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while line := await reader.readline():
                lines.append(line.decode(errors="replace"))
    writer.close()
    return [words for line in lines if (words := command_of(line))]


def command_of(line: str) -> list[str]:
    """Return the words of one line of MONITOR; none if a script said it, or if it is no command."""
    found = _LINE.match(line.strip())
    if not found or found[1] == "lua":
        return []
    return [word.replace('\\"', '"').replace("\\\\", "\\") for word in _WORD.findall(found[2])]
