"""Files under keys, through obstore: a folder and a bucket behave alike."""

from __future__ import annotations

import asyncio
import io
import os
from collections.abc import AsyncIterable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import IO, Any, Final, Literal, cast
from uuid import UUID

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, S3Store

from aigcq.errors import StorageUnavailable

PART_BYTES: Final = 8 * 1024 * 1024
"""What is collected before it is written. S3 takes 10,000 parts: this allows 80 GB."""
PARTS_AT_ONCE: Final = 2
"""Of one file; this and `PART_BYTES` bound the memory that one copy takes."""
READ_BYTES: Final = 256 * 1024
FOLDER: Final = "folder:"


def video_key(task_id: str) -> str:
    """Return where a task's video is; of the id alone, and only if it is one.

    Raises:
        ValueError: it is none.
    """
    return f"{_folder(task_id)}.mp4"


def thumbnail_key(task_id: str) -> str:
    """Return where the picture of a task's video is."""
    return f"{_folder(task_id)}.jpg"


def _folder(task_id: str) -> str:
    name = str(UUID(task_id))
    return f"{name[:2]}/{name}"


class Storage:
    """Where files are kept. Every method may raise StorageUnavailable."""

    def __init__(self, store: LocalStore | S3Store, *, folder: Path | None) -> None:
        self._store = store
        self._folder = folder

    @property
    def where(self) -> str:
        """Which storage this is: the folder, or the bucket and its prefix; nothing secret, but not for clients."""
        if isinstance(self._store, S3Store):
            return f"s3://{self._store.config['bucket']}/{self._store.prefix or ''}"
        return f"{FOLDER}{self._folder}"

    @property
    def folder(self) -> Path | None:
        """The folder; None: it is a bucket."""
        return self._folder

    async def reaches(self, where: str, key: str) -> bool:
        """Return whether what was kept under `key` at `where` is deleted by deleting it here; empty: nobody noted it.

        A folder that hosts share may have a name of its own on each: what is there is what was kept.
        """
        if where in ("", self.where):
            return True
        return bool(self._folder) and where.startswith(FOLDER) and await self.size(key) is not None

    async def put(self, key: str, content: AsyncIterable[bytes] | bytes, content_type: str) -> None:
        """Keep `content` under `key`, in place of what is there; it is seen whole or not at all.

        What `content` raises is raised: then nothing is kept.
        """
        if self._folder:
            await asyncio.to_thread(self._clear_halves, self._folder / key)
        with _translated():
            await obstore.put_async(
                self._store,
                key,
                cast(Any, content),  # bytes are a Buffer, which the older typing does not know
                attributes=None if self._folder else _attributes(key, content_type),  # a folder cannot have any
                chunk_size=PART_BYTES,
                max_concurrency=PARTS_AT_ONCE,
            )
        if self._folder:
            with _translated():
                await asyncio.to_thread(_flush, self._folder / key)

    async def size(self, key: str) -> int | None:
        """Return how many bytes are kept under `key`; None if nothing is."""
        try:
            with _translated():
                return int((await obstore.head_async(self._store, key))["size"])
        except FileNotFoundError:
            return None

    async def delete(self, *keys: str) -> None:
        """Delete what is kept under `keys`, and what was left half written; what is not there is deleted already."""
        for key in keys:
            if self._folder:
                await asyncio.to_thread(self._clear_halves, self._folder / key)
            with suppress(FileNotFoundError), _translated():
                await obstore.delete_async(self._store, key)

    def open(self, key: str) -> IO[bytes]:
        """Return the file for reading and seeking; blocks, and so does reading: for a thread."""
        if self._folder:
            return (self._folder / key).open("rb")
        with _translated():
            return io.BufferedReader(_Reader(obstore.open_reader(self._store, key, buffer_size=READ_BYTES)), READ_BYTES)

    def path(self, key: str) -> Path | None:
        """Return the file's path; None in a bucket."""
        return self._folder / key if self._folder else None

    async def link(self, key: str, method: Literal["GET", "HEAD"], seconds: int) -> str:
        """Return an address at which anybody may fetch the file for so long; only a bucket has them."""
        assert isinstance(self._store, S3Store)
        with _translated():
            return await obstore.sign_async(self._store, method, key, timedelta(seconds=seconds))

    @staticmethod
    def _clear_halves(path: Path) -> None:
        """Delete what a killed process had not finished: the library writes to `<name>#<n>` and renames that.

        Who still writes one has lost the task, and then fails to rename it.
        """
        for half in path.parent.glob(f"{path.name}#*"):
            half.unlink(missing_ok=True)


class _Reader(io.RawIOBase):
    """The library's reader as Python's own kind of file, which decoders want; it lacks `with` and `readinto`."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return int(self._file.seek(offset, whence))

    def tell(self) -> int:
        return int(self._file.tell())

    def readinto(self, buffer: Any) -> int:
        piece = self._file.read(len(buffer))
        buffer[: len(piece)] = memoryview(piece)
        return len(piece)


@contextmanager
def _translated() -> Iterator[None]:
    """Turn the library's errors into ours, but for a missing file. Their first line says what; the rest is Rust's."""
    try:
        yield
    except FileNotFoundError:
        raise
    except (BaseError, OSError) as error:
        raise StorageUnavailable(f"The storage refuses: {str(error).strip().partition(chr(10))[0][:300]}") from None


def _attributes(key: str, content_type: str) -> Any:
    """Return what a bucket tells who follows a link; a signed one cannot say anything of its own."""
    return {
        "Content-Type": content_type,
        "Content-Disposition": f'inline; filename="{key.rpartition("/")[2]}"',
        "Cache-Control": "private",
    }


def _flush(path: Path) -> None:
    """Make the file and its name outlive a crash of the machine: the library leaves that to the system.

    And the name of the folder it is in, which may be new.
    """
    for each in (path, path.parent, path.parent.parent):
        handle = os.open(each, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
