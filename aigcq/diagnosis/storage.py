"""What can be wrong with where videos are kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from aigcq.diagnosis.finding import Code, Finding, error, warning
from aigcq.diagnosis.seen import Shelf

FULL_BYTES: Final = 64 * 1024**2
"""With less room than this the next video may not fit."""
LOW_BYTES: Final = 1024**3
RECENT_MS: Final = 180_000
ACTION_FULL: Final = (
    "Make room there, or keep videos for a shorter time (AIGCQ_STORAGE_RETENTION_SECONDS). "
    "Copies are tried again by themselves; until then the vendor has the videos, for some days."
)
ACTION_FAILING: Final = (
    "See that AIGCQ_STORAGE can be reached and written, as the user that workers and the API run as. "
    "Copies are tried again by themselves; until then the vendor has the videos, for some days."
)


def of_storage(told: Mapping[str, str], now_ms: int, shelf: Shelf | None) -> Iterator[Finding]:
    """Yield what is wrong with it, as workers have told and as this process sees it itself."""
    failed = _failed(told, now_ms)
    free = [int(told["storage_free"])] if told.get("storage_free", "").isdigit() else []
    why = ["a worker could not write there; its log says why"] if failed else []
    if shelf:
        free += [shelf.free_bytes] if shelf.free_bytes is not None else []
        why += [shelf.error] if shelf.error else []
    if (failed and told.get("storage_full") == "1") or (free and min(free) < FULL_BYTES):
        left = f"{min(free) / 1024**2:.0f} MiB are left" if free else "a worker could not write there"
        yield error(Code.STORAGE_FULL, f"There is no room left where videos are kept: {left}.", ACTION_FULL)
    elif why:
        yield error(Code.STORAGE_FAILING, f"Videos cannot be kept: {why[0]}.", ACTION_FAILING)
    elif free and min(free) < LOW_BYTES:
        left = f"{min(free) / 1024**2:.0f} MiB"
        yield warning(Code.STORAGE_FULL, f"There is little room left where videos are kept: {left}.", ACTION_FULL)


def _failed(told: Mapping[str, str], now_ms: int) -> bool:
    """Return whether some worker could not write lately, and has not since; another one may be well meanwhile."""
    error_ms, ok_ms = int(told.get("storage_error_ms", 0)), int(told.get("storage_ok_ms", 0))
    mended = ok_ms >= error_ms and told.get("storage_ok_by") == told.get("storage_error_by")
    return error_ms > ok_ms or (not mended and now_ms - error_ms < RECENT_MS)
