"""The names under which workers are known to Redis."""

from __future__ import annotations

import os
import re
import socket
from secrets import token_hex

from aigcq.config import Settings


def consumer_name(settings: Settings) -> str:
    """Return a name that no other worker has, even with the same CONSUMER_NAME in `.env` and on every host.

    It stays under 64 bytes, so that records keep their compact form in Redis.
    """
    return f"{_consumer_base(settings)}-{os.getpid()}-{token_hex(2)}"


def consumer_pattern(settings: Settings) -> re.Pattern[str]:
    """Return what the names of this host's workers match."""
    return re.compile(re.escape(_consumer_base(settings)) + r"-\d+-[0-9a-f]{4}")


def _consumer_base(settings: Settings) -> str:
    host = socket.gethostname()
    name = settings.consumer_name
    return f"{name[:24]}-{host[:24]}" if name and name != host else host[:48]
