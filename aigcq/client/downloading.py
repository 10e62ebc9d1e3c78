"""Fetching a video: into a file of its own beside the target, which it becomes when it is whole."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote, urlsplit
from uuid import uuid4

from httpx2 import HTTPError, InvalidURL, Response

from aigcq.client.errors import AigcqError, DownloadFailed, QueueFull, Unavailable, error_of
from aigcq.client.steps import Nap, Open, Steps, call, next_chunk, work
from aigcq.client.wire import Wire, shown, unavailable


def target_of(url: str, task_id: str, path: str | Path | None) -> Path:
    """Return where the video goes: into a folder it goes under its own name, by default into this folder."""
    target = Path(path or ".")
    if not target.is_dir():
        return target
    suffix = Path(unquote(urlsplit(url).path)).suffix
    return target / f"{task_id}{suffix if suffix.isascii() and len(suffix) < 6 else '.mp4'}"


@dataclass(slots=True)
class _Part:
    """What is there of the file."""

    target: Path
    mine: Path
    file: BinaryIO
    kept: Path | None = None
    """Where it is left for the next try; None: there is no telling which version it is of."""
    version: str = ""
    """The file's ETag."""
    size: int | None = None
    """The whole file's, in bytes; None: it is not told."""
    there: int = 0
    """How many bytes of it are there."""

    def becomes(self, response: Response) -> None:
        """Begin the version that `response` is of, from what an earlier try has left of it."""
        self.version = response.headers.get("etag", "")
        self.size = _size(response)
        self.kept = None
        self.restart()
        if not self.resumable:
            return
        digest = sha256(f"{self.version} {self.size}".encode()).hexdigest()[:16]
        self.kept = self.target.with_name(f".{self.target.name}.{digest}.part")
        self.file.close()
        with suppress(FileNotFoundError):
            os.replace(self.kept, self.mine)  # whoever moves it first has it for himself
        self.file = self.mine.open("ab")
        self.there = self.file.tell()

    @property
    def resumable(self) -> bool:
        """Whether two parts are sure to be of the same file."""
        return self.version.startswith('"')

    @property
    def complete(self) -> bool:
        """Whether all of it is there, as far as its size is known."""
        return self.size is not None and self.there == self.size

    def restart(self) -> None:
        self.file.seek(0)
        self.file.truncate()
        self.there = 0

    def write(self, chunk: bytes) -> None:
        self.file.write(chunk)
        self.there += len(chunk)

    def finish(self) -> None:
        self.file.flush()
        os.fsync(self.file.fileno())
        self.file.close()
        os.replace(self.mine, self.target)


@contextmanager
def _part(target: Path) -> Iterator[_Part]:
    """A file that is left for the next try, or deleted, unless it has become the target."""
    mine = target.with_name(f".{target.name}.{uuid4().hex}.part")
    with mine.open("wb") as file:
        part = _Part(target, mine, file)
        try:
            yield part
        finally:
            part.file.close()
            with suppress(FileNotFoundError):
                if part.kept and part.there:
                    os.replace(mine, part.kept)
                else:
                    mine.unlink()


def download(wire: Wire, url: str, task_id: str, path: str | Path | None) -> Steps[Path]:
    """Fetch a video; return its path. A broken connection goes on where it broke, and so does the next call.

    Raises:
        NotFound: it is not there any more.
        DownloadFailed: it could not be fetched whole.
        OSError: of the disk.
    """
    whole = wire.resolved(url)
    target = target_of(whole, task_id, path)
    with _part(target) as part:
        failed = 0
        while True:
            before = part.there
            try:
                yield from _fetched(wire, whole, part)
                break
            except (HTTPError, InvalidURL) as error:
                failure: AigcqError = unavailable(whole, error)
            except (Unavailable, QueueFull) as error:
                failure = error
            failed = 1 if part.there > before else failed + 1
            delay = wire.retry.delay(failed, failure, repeatable=True, drawn=wire.draw())
            if delay is None:
                raise DownloadFailed(f"{failure.detail} {part.there} bytes are there.", status=failure.status)
            yield Nap(delay)
        yield from work(part.finish)
    return target


def _fetched(wire: Wire, url: str, part: _Part) -> Steps[None]:
    """Read until all of it is there.

    Raises:
        Unavailable: the connection ended before.
        AigcqError: what the host says is wrong.
    """
    resumed = bool(part.there and part.resumable)
    yield from _opened(wire, url, part)
    if part.there and not resumed and not part.complete:  # an earlier call has left it
        yield from _opened(wire, url, part)
    while not part.complete and (chunk := (yield from next_chunk())):
        yield from work(partial(part.write, chunk))
    if part.size is not None and not part.complete:
        wrong = f"{shown(url)} sent {part.there} bytes of {part.size}."
        if part.there > part.size:
            part.restart()
        raise Unavailable(wrong)


def _opened(wire: Wire, url: str, part: _Part) -> Steps[None]:
    """Open the file at its first byte that is not there."""
    headers = {"Accept-Encoding": "identity", **wire.headers_for(url)}
    if part.there and part.resumable:
        headers |= {"Range": f"bytes={part.there}-", "If-Range": part.version}
    response = yield from call(Open("GET", url, wire.timeout_seconds, headers=headers))
    match response.status_code:
        case 206 if response.headers.get("content-range", "").startswith(f"bytes {part.there}-"):
            return
        case 206 | 416:
            part.restart()
            raise Unavailable(f"{shown(url)} does not go on where it broke.")
        case status if status >= 400:
            raise error_of(response)
    if part.there and response.headers.get("etag") == part.version:
        part.restart()  # it cannot go on in the middle
        part.version = ""
    else:
        part.becomes(response)


def _size(response: Response) -> int | None:
    told = response.headers.get("content-length", "")
    return int(told) if told.isdigit() and "content-encoding" not in response.headers else None
