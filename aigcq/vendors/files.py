"""The vendor's files: a video's address is read piece by piece, and what arrives is checked."""

from __future__ import annotations

import base64
import hashlib
import re
from binascii import Error as NotBase64
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import aiohttp

PIECE_BYTES: Final = 256 * 1024
CONNECT_SECONDS: Final = 15.0
SILENT_SECONDS: Final = 60.0
"""A host that sends nothing for so long will not."""
GONE: Final = frozenset({401, 403, 404, 410})
VIDEO: Final = "video/mp4"
_MD5: Final = re.compile(r"[0-9a-f]{32}")


class TransferFailed(Exception):
    """The file did not arrive, or not as it is; asking again may help."""


class AddressExpired(TransferFailed):
    """There is nothing at this address (any more)."""


class TooLarge(TransferFailed):
    """The file is larger than what is kept; asking again does not help."""


@dataclass(slots=True)
class Download:
    """A file on its way: `pieces` yields it, and only what was yielded to the end is as the vendor has it."""

    content_type: str
    most: int
    """Bytes; no more is read."""
    size: int = 0
    _wanted_sizes: frozenset[int] = frozenset()
    _wanted_md5: frozenset[str] = frozenset()
    _hash: Any = field(default_factory=lambda: hashlib.md5(usedforsecurity=False))
    _response: aiohttp.ClientResponse | None = None

    @property
    def md5(self) -> str:
        return str(self._hash.hexdigest())

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yield the file.

        Raises:
            TransferFailed: it broke off, or what came is not what was announced.
            TooLarge: it has more bytes than are kept, whether or not that was announced.
        """
        assert self._response is not None
        self._check_room(max(self._wanted_sizes, default=0))
        try:
            async for piece in self._response.content.iter_chunked(PIECE_BYTES):
                self.size += len(piece)
                self._check_room(self.size)
                self._hash.update(piece)
                yield piece
        except (aiohttp.ClientError, OSError) as error:  # a TimeoutError is an OSError
            raise TransferFailed(f"The transfer broke off after {self.size} bytes: {type(error).__name__}") from None
        self._check()

    def _check_room(self, size: int) -> None:
        if size > self.most:
            raise TooLarge(f"The file has more than {self.most} bytes (AIGCQ_MAX_VIDEO_BYTES)")

    def _check(self) -> None:
        if not self.size:
            raise TransferFailed("The file is empty")
        if wrong := self._wanted_sizes - {self.size}:
            raise TransferFailed(f"{self.size} bytes came, {min(wrong)} were announced")
        if self._wanted_md5 - {self.md5}:
            raise TransferFailed("The MD5 of what came is not the one that was announced")


class VendorFiles:
    """Reads files from wherever the vendor says that they are."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    @asynccontextmanager
    async def open(self, video: Mapping[str, Any], most: int) -> AsyncIterator[Download]:
        """Ask for the file of a `Job.video`, which may have `most` bytes.

        Raises:
            AddressExpired: it is not there (any more).
            TransferFailed: the host does not answer, or not with a file.
        """
        try:
            response = await self._open().get(str(video["video_url"]), headers={"Accept-Encoding": "identity"})
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise TransferFailed(f"The file's host does not answer: {type(error).__name__}") from None
        async with response:
            if response.status in GONE:
                raise AddressExpired(f"The file's host answers {response.status}")
            if response.status != 200:
                raise TransferFailed(f"The file's host answers {response.status}")
            yield _download(response, video, most)

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    def _open(self) -> aiohttp.ClientSession:
        """Return the session; made late because it belongs to a running event loop."""
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=SILENT_SECONDS)
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0),  # who asks bounds how many
                timeout=timeout,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
            )
        return self._session


def _download(response: aiohttp.ClientResponse, video: Mapping[str, Any], most: int) -> Download:
    headers = response.headers
    told = {response.content_length, _whole(video.get("size"))}
    sums = {str(video.get("md5", "")).lower(), _content_md5(headers), _etag_md5(headers)}
    kind = response.content_type
    return Download(
        content_type=kind if kind.startswith("video/") else VIDEO,
        most=most,
        _wanted_sizes=frozenset(size for size in told if size is not None),
        _wanted_md5=frozenset(each for each in sums if _MD5.fullmatch(each)),
        _response=response,
    )


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and value > 0 else None


def _content_md5(headers: Mapping[str, str]) -> str:
    try:
        return base64.b64decode(headers.get("Content-MD5", ""), validate=True).hex()
    except (NotBase64, ValueError):
        return ""


def _etag_md5(headers: Mapping[str, str]) -> str:
    """Return the ETag where it is the file's MD5: many hosts make one of other things that looks like it.

    COS and S3 say so of what was uploaded in one piece and not encrypted with a key of somebody's.
    """
    from_s3 = "x-cos-request-id" in headers or "x-amz-request-id" in headers
    encryption = {headers.get(f"x-{who}-server-side-encryption", "AES256") for who in ("cos", "amz")}
    own_key = any(f"x-{who}-server-side-encryption-customer-algorithm" in headers for who in ("cos", "amz"))
    return headers.get("ETag", "").strip('"').lower() if from_s3 and encryption == {"AES256"} and not own_key else ""
