"""How much of a bench is run, and the command line that all of them share."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeVar

import uvloop

from benchmarks import machine, page, report
from benchmarks.report import Report

RESULTS: Final = Path(__file__).parent / "results"
Size = Literal["full", "quick", "smoke"]
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What the command line asks for."""

    size: Size = "full"
    seed: int = 1
    peers: Sequence[str] = ()
    """Whom to compare with."""

    def pick(self, full: T, quick: T, smoke: T) -> T:
        """Return what fits: minutes, half a minute, or only as much as shows that the bench still works."""
        return {"full": full, "quick": quick, "smoke": smoke}[self.size]


Bench = Callable[[Plan], Awaitable[Report]]


def run(bench: Bench, *, peers: Sequence[str] = ()) -> None:
    """Run one bench as its command line says: print what it found, write it down if it was a full one."""
    name = Path(sys.argv[0]).stem
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{name}", description=sys.modules["__main__"].__doc__)
    parser.add_argument("--quick", action="store_true", help="at most half a minute; nothing is written down")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, help="write the result there")
    if peers:
        parser.add_argument("--peers", default=",".join(peers), help="comma-separated; empty for none")
    told = parser.parse_args()
    size: Size = "quick" if told.quick else "full"
    chosen = [each for each in getattr(told, "peers", "").split(",") if each]
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what was started is stopped then too
    before = machine.described()
    found = uvloop.run(_bounded(bench(Plan(size=size, seed=told.seed, peers=chosen))))
    report.show(found)
    if folder := told.out or (None if told.quick else RESULTS):
        command = " ".join(["python", "-m", f"benchmarks.{name}", *sys.argv[1:]])
        report.save(found, name, folder, command, before | {"server": found.server})
        if folder == RESULTS:
            page.renew()


async def _bounded(found: Awaitable[Report]) -> Report:
    async with asyncio.timeout(900):  # whatever hangs: a bench ends by itself
        return await found
