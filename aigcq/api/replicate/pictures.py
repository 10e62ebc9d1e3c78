"""Pictures that come with a request: as a `data:` URL, or sent before to `/v1/files` and named by the URL it has there.

The vendor is sent the first frame as Base64; other pictures it fetches, so they need an address that it can reach.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from aigcq.api.pictures import Picture, inside
from aigcq.errors import InvalidRequest
from aigcq.store import Store

FILE_PATH: Final = re.compile("/v1/files/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
FIRST: Final = "image_url"
OTHERS: Final = ("last_frame_url", "reference_images")


@dataclass(frozen=True, slots=True)
class Pictures:
    """Takes pictures out of an input."""

    store: Store
    max_upload_bytes: int

    async def taken(self, fields: dict[str, Any], names: dict[str, str]) -> Picture | None:
        """Return the first frame if it came with the request, and take it out of `fields`.

        Raises:
            InvalidRequest: it is no picture, gone, or not the first frame.
        """
        for field in OTHERS:
            if any(_is_sent(each) for each in _urls(fields.get(field))):
                only = "only the first frame may be sent as a file"
                raise InvalidRequest(f"input.{names[field]}", f"input.{names[field]}: {only}; give a URL instead.")
        given = fields.get(FIRST)
        if not _is_sent(given):
            return None
        del fields[FIRST]
        return await self._read(str(given), f"input.{names[FIRST]}")

    async def _read(self, url: str, name: str) -> Picture:
        if url.startswith("data:"):
            return inside(url, self.max_upload_bytes, name)
        if content := await self.store.uploads.get(file_of(url)):
            return Picture(base64.b64decode(content))
        raise InvalidRequest(name, f"{name}: there is no such file, or not any more: send it again.")


def file_of(url: str) -> str:
    """Return the id of the file that `url` names; empty: it names none."""
    found = FILE_PATH.fullmatch(urlsplit(url).path)
    return found[1] if found else ""


def _urls(value: Any) -> list[Any]:
    values = value if isinstance(value, list) else [value]
    return [each.get("url") if isinstance(each, dict) else each for each in values]


def _is_sent(url: Any) -> bool:
    if not isinstance(url, str):
        return False
    try:
        return url.startswith("data:") or FILE_PATH.fullmatch(urlsplit(url).path) is not None
    except ValueError:  # no URL at all: the field's own check says so
        return False
