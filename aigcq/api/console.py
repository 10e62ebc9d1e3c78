"""The web console: one page and its assets, as they were built; and what `/` tells who reads no HTML.

What is built is committed in aigcq/console, whose sources are in web/. It is read and compressed once a process.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.datastructures import State
from starlette.exceptions import HTTPException

from aigcq import __version__
from aigcq.config import accounts
from aigcq.errors import StorageUnavailable
from aigcq.storage import Storage, video_key

router = APIRouter(include_in_schema=False)

BUILT: Final = Path(__file__).parents[1] / "console"
PAGE: Final = "index.html"
HASHED: Final = re.compile(r".+-(?=[A-Za-z_]*[0-9])[0-9A-Za-z_]{8,}\.[a-z0-9]+")
"""What carries a digest of its content in its name never changes under that name."""
FOREVER: Final = "public, max-age=31536000, immutable"
ASK_FIRST: Final = "no-cache"
"""It may be kept, and whoever keeps it asks whether it is still so."""
WORTH_BYTES: Final = 1024
"""What is smaller is not compressed: it fits into one packet anyway."""
KINDS: Final = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".png": "image/png",
    ".woff2": "font/woff2",
}
"""Said here, for what the system knows of them differs from machine to machine."""
PACKED: Final = frozenset(KINDS) - {".png", ".woff2"}
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; font-src 'self'; "
    "img-src 'self' data: blob:{pictures}; media-src 'self' blob: https:{videos}; manifest-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Videos that are not kept are wherever the vendor has them, and pictures in the bucket if there is one. Nothing else
is loaded from anywhere but here, and nothing inline runs: what tasks and keys are called is shown, never executed."""
NO_TASK: Final = "00000000-0000-4000-8000-000000000000"
NOT_BUILT: Final = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>aigcq</title><h1>The console is not here</h1>'
    "<p>This installation has no console: <code>aigcq/console</code> has no <code>index.html</code>. "
    "Install the package anew, or build it where its sources are: <code>scripts/console</code>.</p>"
    '<p>Everything else works: <a href="/docs">the API</a>, <a href="/health">how the service is</a>.</p></html>'
)


class Asset(NamedTuple):
    """One file, as it is sent."""

    content: bytes
    packed: bytes | None
    """The same with gzip, where that is smaller."""
    kind: str
    etag: str
    caching: str

    def answer(self, request: Request, headers: Mapping[str, str]) -> Response:
        """Return it, or that the client has it already."""
        told = {**headers, "ETag": self.etag, "Cache-Control": self.caching}
        body = self.content
        if self.packed is not None:
            told["Vary"] = ", ".join(filter(None, (told.get("Vary"), "Accept-Encoding")))
        if _has(request, self.etag):
            return Response(status_code=304, headers=told)
        if self.packed is not None and _takes_gzip(request.headers.get("accept-encoding", "")):
            told["Content-Encoding"], body = "gzip", self.packed
        return Response(body, media_type=self.kind, headers=told)


@router.get("/")
async def front(request: Request) -> Response:
    """Show the console to who reads HTML, and tell everyone else where things are."""
    if "text/html" not in request.headers.get("accept", "").lower():
        return JSONResponse(_SIGNPOSTS, headers={"Vary": "Accept"})
    headers = {"Vary": "Accept", "Cross-Origin-Opener-Policy": "same-origin"}
    headers["Content-Security-Policy"] = await _policy(request.app.state)
    page = assets(BUILT).get(PAGE)
    return page.answer(request, headers) if page else HTMLResponse(NOT_BUILT, 404, headers=headers)


@router.get("/console/{path:path}")
async def asset(path: str, request: Request) -> Response:
    """Give a part of the console."""
    found = assets(BUILT).get(path)
    if found is None or path == PAGE:  # which is at `/`, with the policy of a page
        raise HTTPException(404, "The console has no such part.")
    return found.answer(request, {})


_SIGNPOSTS: Final = {
    "name": "aigcq", "version": __version__, "docs": "/docs", "openapi": "/openapi.json", "health": "/health",
}  # fmt: skip


async def _policy(state: State) -> str:
    """Return what the page may load; it is worked out once, for accounts are read from a file."""
    if not hasattr(state, "console_policy"):
        vendors = [_origin(each.settings.tencentcloud_endpoint) for each in accounts(state.settings)]
        state.console_policy = policy(vendors, await _bucket(state.storage))
    told: str = state.console_policy
    return told


def policy(vendors: list[str], bucket: list[str]) -> str:
    """Return what the page may load besides its own: videos and pictures from where this deployment has them."""
    # The simulator's addresses are http, as may be those of a bucket on a machine of one's own.
    plain = [each for each in dict.fromkeys([*vendors, *bucket]) if each.startswith("http://")]
    spelt = {"pictures": bucket, "videos": plain}
    return POLICY.format(**{name: "".join(f" {origin}" for origin in origins) for name, origins in spelt.items()})


async def _bucket(storage: Storage | None) -> list[str]:
    """Return where the bucket is, if there is one: to sign an address asks nobody."""
    if storage is not None and storage.path(video_key(NO_TASK)) is None:
        with suppress(StorageUnavailable):
            return [_origin(await storage.link(video_key(NO_TASK), "GET", 60))]
    return []


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


@cache
def assets(folder: Path) -> Mapping[str, Asset]:
    """Return all parts by their path; none, if the console was not built."""
    files = sorted(path for path in folder.rglob("*") if path.suffix in KINDS and path.is_file())
    return {path.relative_to(folder).as_posix(): _read(path) for path in files}


def _read(path: Path) -> Asset:
    content = path.read_bytes()
    packed = gzip.compress(content, 9, mtime=0) if path.suffix in PACKED and len(content) >= WORTH_BYTES else None
    return Asset(
        content=content,
        packed=packed if packed and len(packed) < len(content) else None,
        kind=KINDS[path.suffix],
        etag=f'W/"{hashlib.sha256(content).hexdigest()[:32]}"',  # weak: it names the packed one too
        caching=FOREVER if HASHED.fullmatch(path.name) else ASK_FIRST,
    )


def _has(request: Request, etag: str) -> bool:
    given = ",".join(request.headers.getlist("if-none-match"))
    return bool({tag.strip().removeprefix("W/") for tag in given.split(",")} & {etag.removeprefix("W/"), "*"})


def _takes_gzip(accepted: str) -> bool:
    """Whether a client takes gzip: it names it, or everything, and does not say `q=0`."""
    weights = {
        name.strip().lower(): weight for name, _, weight in (each.partition(";") for each in accepted.split(","))
    }
    weight = weights.get("gzip", weights.get("*", "q=0")).replace(" ", "")
    return not re.fullmatch(r"q=0(\.0*)?", weight)
