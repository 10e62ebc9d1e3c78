"""An outage of the vendor, in real time and with the settings that people run.

    python -m chaos.outage --kind bad_gateway --minutes 60 --seed 1
    python -m chaos.outage --kind silent --minutes 60 --seed 1

For the whole of it every call that creates a vendor task is answered with a 502, or the vendor
answers nothing at all to any call; part of what was sent was carried out all the same. Tasks are
created before, meanwhile and afterwards, and two workers are replaced on the way. When the vendor
is well again everything must end as if nothing had been: no task failed, and each was paid once.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from random import Random
from signal import SIGKILL, SIGTERM
from typing import Annotated, Any

import aiohttp
import typer
from rich.console import Console
from rich.table import Table

from aigcq.clock import SystemClock
from aigcq.config import Settings
from chaos.processes import Processes
from chaos.service import Service
from tests.acceptance.cluster import audit

WORKERS = 3
QUOTA = Settings.model_fields["max_threshold"].default
LOST_SHARE = 0.6
"""Of the creates that are not answered so many never arrive; the others are carried out."""
REPORTS = 60
ENDED = ("completed", "failed", "cancelled")
SCALED = {
    "AIGCQ_LEASE_SECONDS": "2",
    "AIGCQ_VENDOR_TIMEOUT_SECONDS": "2",
    "AIGCQ_RESEND_SECONDS": "1",
    "AIGCQ_SEARCH_SECONDS": "20",
    "AIGCQ_DRAIN_SECONDS": "5",
    "WORKER_POLL_INTERVAL": "0.3",
    "AIGCQ_LIMIT_POLICY": "step",  # `ceiling` takes longer to begin than such videos take
}
"""For outages of seconds; the real ones run with the defaults."""


class Kind(StrEnum):
    """What the vendor does in its outage."""

    BAD_GATEWAY = "bad_gateway"
    """Every create is answered with a 502; everything else works."""
    SILENT = "silent"
    """No call is ever answered."""

    @property
    def faults(self) -> Mapping[str, float]:
        """What the simulator must be told; one of the two faults of a create always strikes."""
        if self is Kind.BAD_GATEWAY:
            return {"bad_gateway": LOST_SHARE, "bad_gateway_after": 1}
        return {"hang": LOST_SHARE, "hang_after": 1, "describe_hang": 1}


@dataclass(frozen=True, slots=True)
class Plan:
    """How long, how many tasks, and how fast the vendor and we are."""

    kind: Kind
    seconds: float
    seed: int
    before: int = QUOTA // 2
    """So many run when it begins; the other permits are left for creates that are not answered."""
    meanwhile: int = 60
    afterwards: int = 10
    latency: str = "20-60"
    drain_seconds: float = 1800.0
    settings: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def scaled(cls, kind: Kind, seconds: float, seed: int) -> Plan:
        """Return a plan of seconds instead of minutes."""
        few = {"meanwhile": 14, "afterwards": 6}
        return cls(kind, seconds, seed, **few, latency="0.5-2", drain_seconds=120, settings=SCALED)

    @property
    def tasks(self) -> int:
        return self.before + self.meanwhile + self.afterwards


@dataclass
class Outcome:
    """What one outage left behind: each rule with what it found, and figures."""

    rules: Mapping[str, object]
    """Every rule with how often it was broken, or by what; nothing if it held."""
    figures: Mapping[str, object]

    @property
    def passed(self) -> bool:
        return not any(self.rules.values())


@dataclass
class Outage:
    """One run. `folder` keeps the logs, Redis' data and what everybody said in the end."""

    plan: Plan
    folder: Path
    say: Callable[[str], None]
    clock: SystemClock = field(default_factory=SystemClock)
    task_ids: list[str] = field(default_factory=list)

    async def run(self) -> Outcome:
        rng, plan = Random(self.plan.seed), self.plan
        async with self._service() as (processes, service):
            await self._create(service, plan.before)
            await service.until(lambda info: info["active_count"] >= plan.before)
            self.say(f"the outage begins: {plan.kind}, {plan.seconds / 60:g} minutes")
            await service.change_vendor(plan.kind.faults)
            first = await service.ledger()
            await self._endure(processes, service, rng)
            last = await service.ledger()
            await service.change_vendor({})
            self.say("the vendor is well again")
            await self._create(service, plan.afterwards)
            tasks = await self._drain(service)
            ledger, info = await service.ledger(), await service.info()
        (self.folder / "books.json").write_text(json.dumps({"tasks": tasks, "ledger": ledger}, indent=1))
        return Outcome(_rules(tasks, ledger, info, _struck(first, last)), _figures(tasks, ledger, first, last))

    @asynccontextmanager
    async def _service(self) -> AsyncIterator[tuple[Processes, Service]]:
        """Everything as real processes, answering; all of them end with the run."""
        processes, own = Processes(self.folder, "always"), dict(self.plan.settings)
        timeout = aiohttp.ClientTimeout(total=30)
        try:
            async with aiohttp.ClientSession(timeout=timeout) as session:
                processes.add_redis()
                latency = ("--latency", self.plan.latency, "--seed", str(self.plan.seed))
                processes.add_simulator("--concurrency", str(QUOTA), *latency)
                _, port = processes.add_api(processes.redis_port, own)
                for _ in range(WORKERS):
                    processes.add_worker(processes.redis_port, processes.vendor_port, own)
                service = Service(session, self.clock, port, processes.vendor_port)
                await service.until_answering()
                yield processes, service
        finally:
            processes.close()

    async def _create(self, service: Service, count: int) -> None:
        for _ in range(count):
            self.task_ids.append(await service.create(f"视频 {len(self.task_ids)}"))

    async def _endure(self, processes: Processes, service: Service, rng: Random) -> None:
        """Let the outage last, while tasks come in and one worker is killed and another one stopped."""
        plan, began = self.plan, self.clock.monotonic()
        arrivals = [(rng.uniform(0, plan.seconds), "create") for _ in range(plan.meanwhile)]
        chores = [(plan.seconds / 3, "kill"), (plan.seconds * 2 / 3, "terminate"), (plan.seconds, "end")]
        reports = [(plan.seconds * share / REPORTS, "report") for share in range(REPORTS)]
        for due, what in sorted([*arrivals, *chores, *reports]):
            await self.clock.sleep(began + due - self.clock.monotonic())
            match what:
                case "create":
                    await self._create(service, 1)
                case "report":
                    self.say(await self._state(service, due))
                case "kill" | "terminate":
                    worker = rng.choice(processes.named("worker"))
                    self.say(f"{what} {worker}")
                    await processes.end(worker, SIGKILL if what == "kill" else SIGTERM)
                    processes.add_worker(processes.redis_port, processes.vendor_port, dict(plan.settings))

    async def _drain(self, service: Service) -> dict[str, dict[str, Any]]:
        """Return every task as it is once all have ended, or when the time to drain is over."""
        tasks: dict[str, dict[str, Any]] = {task_id: {} for task_id in self.task_ids}
        deadline = self.clock.monotonic() + self.plan.drain_seconds
        while self.clock.monotonic() < deadline:
            left = [task_id for task_id, task in tasks.items() if task.get("status") not in ENDED]
            if not left:
                break
            for task_id in left:
                tasks[task_id] = await service.status(task_id)
            self.say(f"{len(left)} of {len(tasks)} tasks are open")
            await self.clock.sleep(self.plan.drain_seconds / 120)
        return tasks

    async def _state(self, service: Service, since: float) -> str:
        info, ledger = await service.info(), await service.ledger()
        answered = ", ".join(f"{name} {count}" for name, count in sorted(ledger["faults"].items()))
        return (
            f"{since / 60:5.1f} min: {info['queue_length']} queued, {info['processing']} processing, "
            f"{ledger['tasks_created']} vendor tasks, {ledger['live']} live, {answered or 'no fault yet'}; "
            f"health {await service.health()}"
        )


def _struck(first: dict[str, Any], last: dict[str, Any]) -> dict[str, int]:
    """Return what the outage did; without all three it was none."""
    faults = Counter(last["faults"])
    faults.subtract(first["faults"])
    answers = last["requests"].get("CreateAigcVideoTask", {})
    return {
        "calls that never arrived": faults["bad_gateway"] + faults["hang"],
        "creates that were carried out": last["tasks_created"] - first["tasks_created"],
        "creates that came again": answers.get("InvalidParameterValue.SessionId", 0),
    }


def _rules(
    tasks: Mapping[str, dict[str, Any]], ledger: dict[str, Any], info: dict[str, Any], struck: Mapping[str, int]
) -> dict[str, object]:
    """Return every rule with what broke it."""
    words = {task_id: task.get("status", "lost") for task_id, task in tasks.items()}
    books = audit(ledger, list(tasks))
    return {
        "it was an outage": [f"there were no {what}" for what, count in struck.items() if not count],
        "no task failed": {each: tasks[each].get("error") for each, word in words.items() if word == "failed"},
        "every task was completed": {each: word for each, word in words.items() if word != "completed"},
        "each was made exactly once": books["tasks_not_paid_once"],
        "no SessionId was accepted twice": books["sessions_accepted_twice"],
        "no task had two live vendor tasks": books["tasks_with_two_live"],
        "every vendor task belongs to a task": books["strangers"],
        "never more were live than the account allows": max(0, ledger["max_live"] - QUOTA) + ledger["over_the_limit"],
        "nothing is held in the end": info["processing"] + info["queue_length"] + info["waiting"],
    }


def _figures(
    tasks: Mapping[str, dict[str, Any]], ledger: dict[str, Any], first: dict[str, Any], last: dict[str, Any]
) -> dict[str, object]:
    words = Counter(task.get("status", "lost") for task in tasks.values())
    return {
        "tasks": len(tasks),
        **words,
        "vendor tasks": ledger["tasks_created"],
        "most live": ledger["max_live"],
        **{f"in the outage, {what}": count for what, count in _struck(first, last).items()},
        "minutes it lasted by the vendor's clock": round((last["now_ms"] - first["now_ms"]) / 60000, 2),
        "answers to creates": ledger["requests"]["CreateAigcVideoTask"],
        "faults": ledger["faults"],
    }


def main(
    kind: Annotated[Kind, typer.Option(help="What the vendor does.")] = Kind.BAD_GATEWAY,
    minutes: Annotated[float, typer.Option(help="How long.", min=0.1, max=600)] = 60.0,
    seed: Annotated[int, typer.Option(help="Decides when tasks come in and what is carried out.")] = 1,
    scaled: Annotated[bool, typer.Option("--scaled", help="Settings and videos of seconds, for a short one.")] = False,
    folder: Annotated[Path | None, typer.Option(help="Where logs and books go; by default a new one.")] = None,
) -> None:
    """Let the vendor have an outage and see whether everything ends as if there had been none."""
    place = folder or Path(tempfile.mkdtemp(prefix="aigcq-outage-"))
    place.mkdir(parents=True, exist_ok=True)
    console, clock = Console(), SystemClock()
    began = clock.monotonic()
    plan = Plan.scaled(kind, minutes * 60, seed) if scaled else Plan(kind, minutes * 60, seed)
    console.print(f"seed {seed}, {plan.tasks} tasks, {plan.settings or 'default settings'}, logs in {place}")
    outage = Outage(
        plan, place, lambda text: console.print(f"{(clock.monotonic() - began) / 60:6.1f}  {text}", soft_wrap=True)
    )
    outcome = asyncio.run(outage.run())
    console.print(_table("what happened", "figure", outcome.figures))
    console.print(_table("the books", "rule", {rule: found or "held" for rule, found in outcome.rules.items()}))
    console.print("[bold green]PASSED[/]" if outcome.passed else "[bold red]FAILED[/]")
    sys.exit(0 if outcome.passed else 1)


def _table(title: str, what: str, rows: Mapping[str, object]) -> Table:
    table = Table(what, "found", title=title)
    for name, value in rows.items():
        table.add_row(name, str(value))
    return table


if __name__ == "__main__":
    typer.run(main)
