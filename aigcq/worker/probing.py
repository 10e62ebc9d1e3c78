"""Whether what was wrong has passed: a pause of the machine's own, and a storage that failed, are tried again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from aigcq import telemetry
from aigcq.diagnosis import shelf_of
from aigcq.errors import StorageUnavailable, VendorAccount, VendorError
from aigcq.storage import Storage
from aigcq.store import Store
from aigcq.store.control import Beat
from aigcq.vendors.base import Vendor
from aigcq.worker.submission import Submitter
from aigcq.worker.symptoms import Symptoms

log = telemetry.logger()

SHELF_SECONDS: Final = 10.0
"""How often a worker looks whether there is room for videos."""


@dataclass(slots=True)
class Probing:
    """What one worker tries again."""

    store: Store
    vendor: Vendor
    submitter: Submitter
    symptoms: Symptoms
    storage: Storage | None
    consumer: str
    beat: Beat | None = None
    """What was learnt when this worker last said that it lives; None once it was looked at."""

    async def pause(self) -> None:
        """Look whether a pause of the machine's own is over, if it is time; the vendor may take its own to answer."""
        beat, self.beat = self.beat, None
        if not beat or not beat.probe_at_ms or beat.now_ms < beat.probe_at_ms:
            return
        try:
            await self.vendor.probe()
        except VendorAccount as error:
            await self.submitter.pause(error)  # with the newest reason; and not everyone asks at every beat
        except VendorError as error:
            log.warning("still paused", vendor_code=error.vendor_code, why=str(error))
        else:
            if await self.store.control.resume(by="vendor"):
                log.info("queue resumed")

    async def shelf(self) -> None:
        """Look how much room there is for videos; after a failure see whether one could be kept again."""
        if shelf := await shelf_of(self.storage):
            self.symptoms.saw(shelf)
        if not self.storage or not self.symptoms.storage_fails:
            return
        key = f".probe-{self.consumer.replace(':', '-')}"
        try:
            await self.storage.put(key, b"aigcq", "text/plain")
            await self.storage.delete(key)
        except StorageUnavailable as error:
            self.symptoms.not_kept(error.why)
        else:
            self.symptoms.kept()
