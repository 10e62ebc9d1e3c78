"""A finished video is copied to where it is kept: the vendor deletes it after some days.

It was paid for, so nothing that goes wrong here fails its task.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from aigcq import telemetry
from aigcq.backoff import full_jitter
from aigcq.clock import Clock
from aigcq.config import Settings
from aigcq.errors import LeaseLost, StorageUnavailable, TaskNotFound, VendorError
from aigcq.storage import Storage, open_storage, thumbnail_key, video_key
from aigcq.storage.thumbnail import first_frame
from aigcq.store import Store
from aigcq.vendors.base import Vendor
from aigcq.vendors.files import AddressExpired, Download, TooLarge, TransferFailed, VendorFiles
from aigcq.worker.budget import Budget
from aigcq.worker.held import Held
from aigcq.worker.persist import Persist
from aigcq.worker.stop import Stop, Stopping
from aigcq.worker.symptoms import Symptoms

log = telemetry.logger()

CLEAR_SECONDS: Final = 60.0
"""How often it is looked whether a video was kept for long enough."""
LONGEST_PAUSE_SECONDS: Final = 60.0
LEAST_SECONDS: Final = 600.0
"""How long copying is tried even where no worker ran while there was time."""
LONGEST_COPY_SECONDS: Final = 3600.0
"""One try takes no longer: a host that sends a little now and then would keep the room of another for ever."""
PICTURE: Final = "image/jpeg"


@dataclass(slots=True)
class Saver:
    """Copies videos, a bounded number at once; the permit is back by then, so that none of it costs a slot."""

    store: Store
    vendor: Vendor
    settings: Settings
    clock: Clock
    rng: Random
    stop: Stop
    persist: Persist
    budget: Budget
    symptoms: Symptoms
    storage: Storage | None = field(init=False)
    files: VendorFiles = field(default_factory=VendorFiles)
    _room: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        self.storage = open_storage(self.settings)
        self._room = asyncio.Semaphore(self.settings.save_concurrency)

    async def save(self, held: Held, video: Mapping[str, Any], over_seconds: float) -> Mapping[str, Any]:
        """Return the result of a task whose vendor task made `video` and is over for so long, once it is kept.

        With what is kept as `stored`: null if that failed for AIGCQ_SAVE_SECONDS; as it is if nothing is to be kept.

        Raises:
            Stopping: the process ends; who takes the delivery over begins the copy anew.
            LeaseLost: another consumer owns the delivery.
        """
        if not self.storage:
            return video
        held.saving = True
        most = self.settings.save_seconds
        seconds = max(most - over_seconds, min(most, LEAST_SECONDS))
        return await self.stop.unless(_Saving(self, self.storage, held, dict(video)).run(seconds))

    async def clear(self) -> None:
        """Delete what was kept for long enough."""
        while self.storage and (outlived := await self.store.files.outlived()):
            deleted = 0
            try:
                for task_id in outlived:
                    self.stop.check()
                    deleted += await self._delete(self.storage, task_id)
            except StorageUnavailable as error:
                log.warning("not deleted", why=error.why)
                self.symptoms.not_kept(error.why)
                return
            log.info("deleted", videos=deleted)

    async def _delete(self, storage: Storage, task_id: str) -> bool:
        """Return whether the files could be deleted from here."""
        kept = await self.store.files.get(task_id) or {}
        if not await storage.reaches(kept.get("where", ""), video_key(task_id)):
            log.warning("not deleted", task=task_id, why="it is kept in another storage than this", where=kept["where"])
            await self.store.files.put_off(task_id)
            return False
        await storage.delete(video_key(task_id), thumbnail_key(task_id))
        await self.store.files.forget(task_id)
        return True

    async def close(self) -> None:
        """Close the connections."""
        await self.files.close()


@dataclass(slots=True)
class _Saving:
    """The copying of one video."""

    by: Saver
    storage: Storage
    held: Held
    video: dict[str, Any]
    _dead: set[str] = field(default_factory=set)
    """Addresses at which nothing is, and for which the vendor was asked again."""
    _hopeless: bool = False
    """Trying again cannot help."""
    _until: float = 0.0
    """Monotonic clock: when copying is given up."""
    _known: bool = False
    """A worker before this one kept it, and may have died of its picture."""

    async def run(self, seconds: float) -> Mapping[str, Any]:
        """Copy until it works, for so many seconds at most."""
        clock, tries = self.by.clock, 0
        until = self._until = clock.monotonic() + seconds
        stored = await self._kept_before()
        while stored is None and (not tries or clock.monotonic() < until):
            tries += 1
            stored = await self._tried(tries)
            if self._hopeless:
                break
            if stored is None:
                pause = full_jitter(tries, self.by.settings.backoff_base_seconds, LONGEST_PAUSE_SECONDS, self.by.rng)
                await clock.sleep(max(0.0, min(pause, until - clock.monotonic())))
        if stored is None:
            log.warning("not saved", task=self._task_id, tries=tries, advice="the vendor's address works for some days")
        else:
            log.info("saved", task=self._task_id, bytes=stored["bytes"])
        return self.video | {"stored": stored}

    async def _kept_before(self) -> dict[str, Any] | None:
        """Return what a worker before this one has kept, if it got as far as to say so."""
        found = await self.by.persist(self.by.store.files.get, self._task_id)
        self._known = found is not None
        kept = {name: value for name, value in (found or {}).items() if name not in ("tenant", "where")}
        with suppress(StorageUnavailable):
            if kept and await self.storage.size(kept["key"]) == kept["bytes"]:
                return kept
        return None

    async def _tried(self, tries: int) -> dict[str, Any] | None:
        """Return what is kept now, or None: it did not work this time."""
        try:
            async with self.by._room:
                return await self._copy(self._longest(tries))
        except AddressExpired as error:
            self._tell(tries, error)
            await self._ask_again()
        except TooLarge as error:
            self._tell(tries, error)
            self._hopeless = True
        except (TransferFailed, StorageUnavailable) as error:
            self._tell(tries, error)
            if isinstance(error, StorageUnavailable):
                self.by.symptoms.not_kept(error.why)
        except (LeaseLost, Stopping):
            raise
        except Exception:  # a fault of ours must not cost a video that was paid for
            log.exception("internal error", step="save", task=self._task_id)
        return None

    def _tell(self, tries: int, error: Exception) -> None:
        log.warning("not saved yet", task=self._task_id, tries=tries, why=getattr(error, "why", str(error)))

    def _longest(self, tries: int) -> float:
        """Return how many seconds a try may take; the first one gets some however long it had to wait for room."""
        left = self._until - self.by.clock.monotonic()
        least = min(self.by.settings.save_seconds, LEAST_SECONDS) if tries == 1 else 0.0
        return min(max(left, least), LONGEST_COPY_SECONDS)

    async def _copy(self, longest: float) -> dict[str, Any]:
        key = video_key(self._task_id)
        try:
            async with (
                asyncio.timeout(longest),
                self.by.files.open(self.video, self.by.settings.max_video_bytes) as download,
            ):
                await self.storage.put(key, self._unlost(download), download.content_type)
        except TimeoutError:
            raise TransferFailed(f"The copy was not complete after {longest:.0f} seconds") from None
        self.by.symptoms.kept()
        stored = {
            "key": key,
            "bytes": download.size,
            "md5": download.md5,
            "content_type": download.content_type,
            "thumbnail": None,
        }
        await self._keep(stored)
        return await self._illustrated(stored)

    async def _illustrated(self, stored: dict[str, Any]) -> dict[str, Any]:
        """Return what is kept with its picture, if there can be one.

        Only once the video is on record, and never where a worker has died of the task: a file that kills the decoder
        takes this process with it, and then who comes next finds the video kept, and draws nothing.
        """
        if self._known or self.held.delivery.task.deaths:
            return stored
        if thumbnail := await self._thumbnail(stored["key"]):
            stored = stored | {"thumbnail": thumbnail}
            await self._keep(stored)
        return stored

    async def _keep(self, stored: Mapping[str, Any]) -> None:
        try:
            await self.by.persist(self.by.store.files.keep, self.held.delivery, {**stored, "where": self.storage.where})
        except LeaseLost:
            await self._undo_if_erased()
            raise

    async def _unlost(self, download: Download) -> AsyncIterator[bytes]:
        async for piece in download.pieces():
            self.held.check_unlost()
            yield piece

    async def _undo_if_erased(self) -> None:
        """Leave nothing of a task that another worker has ended and its client has erased meanwhile."""
        try:
            await self.by.store.tasks.get(self._task_id)
        except TaskNotFound:
            await self.storage.delete(video_key(self._task_id), thumbnail_key(self._task_id))

    async def _ask_again(self) -> None:
        """Ask the vendor for another address, once for each that is dead."""
        url, vendor_task_id = self.video["video_url"], self.held.vendor_task_id
        if url in self._dead or not vendor_task_id:
            return
        try:
            await self.by.budget()
            job = await self.by.vendor.describe(vendor_task_id)
        except VendorError as error:
            log.warning("poll failed", task=self._task_id, vendor_code=error.vendor_code, why=str(error))
            return
        self._dead.add(url)
        self.video |= job.video

    async def _thumbnail(self, key: str) -> str | None:
        """Return the key of the video's picture; None if there is none, which costs nobody anything."""
        try:
            picture = await asyncio.to_thread(self._drawn, key)
            await self.storage.put(thumbnail_key(self._task_id), picture, PICTURE)
        except Exception as error:  # whatever a decoder makes of a file that is none
            log.warning("no thumbnail", task=self._task_id, why=f"{type(error).__name__}: {error}"[:200])
            return None
        return thumbnail_key(self._task_id)

    def _drawn(self, key: str) -> bytes:
        with self.storage.open(key) as file:
            return first_frame(file)

    @property
    def _task_id(self) -> str:
        return self.held.delivery.task_id
