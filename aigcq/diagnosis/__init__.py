"""What is wrong with the service, and what to do: one judgement for everybody who asks.

`GET /health`, `aigcq doctor`, `aigcq explain`, `aigcq top`, the metrics and the console tell the same findings.
`findings` is pure: it judges what was `Seen`; `look` goes and sees.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from aigcq.config import Settings
from aigcq.diagnosis.finding import Code, Finding, Severity, Status, rank
from aigcq.diagnosis.look import look, shelf_of
from aigcq.diagnosis.queue import SKEW_MS, alive, of_queue, skewed
from aigcq.diagnosis.redis import away, of_condition
from aigcq.diagnosis.seen import Seen, Shelf
from aigcq.diagnosis.storage import of_storage
from aigcq.diagnosis.vendor import of_vendor
from aigcq.store.control import Overview

__all__ = [
    "SKEW_MS", "Code", "Finding", "Seen", "Severity", "Shelf", "Status", "alive", "findings", "findings_of", "look",
    "shelf_of", "status_of",
]  # fmt: skip


def findings(seen: Seen, settings: Settings) -> Sequence[Finding]:
    """Return all that is wrong, the worst first; of several accounts each finding names its own."""
    return sorted(_all(seen, settings), key=rank)


def findings_of(overview: Overview, settings: Settings) -> Sequence[Finding]:
    """Return what is wrong with one account's queue, the worst first."""
    return sorted([*of_queue(overview, settings), *of_vendor(overview, settings)], key=rank)


def status_of(found: Sequence[Finding]) -> Status:
    """Return what the service is because of one account's findings, of which the first is the worst."""
    return found[0].status if found else "ok"


def _all(seen: Seen, settings: Settings) -> Iterator[Finding]:
    if seen.away:
        yield away(seen.away)
    if seen.condition:
        yield from of_condition(seen.condition)
    told: Mapping[str, str] = {}
    if overview := seen.overview:
        told = max((each.vendor for each in overview.accounts.values() or [overview]), key=_storage_ms)
        yield from _own_clock(seen, overview)
        for name, each in overview.accounts.items() or [("", overview)]:
            yield from (found.of(name) if name else found for found in findings_of(each, settings))
    yield from of_storage(told, overview.now_ms if overview else 0, seen.shelf)


def _own_clock(seen: Seen, overview: Overview) -> Iterator[Finding]:
    if seen.now_ms is not None and abs(skew_ms := seen.now_ms - overview.now_ms) > SKEW_MS:
        yield skewed(skew_ms, "this host")


def _storage_ms(told: Mapping[str, str]) -> int:
    return int(told.get("storage_error_ms", 0))
