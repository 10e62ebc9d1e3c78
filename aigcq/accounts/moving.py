"""Queued tasks leave an account that is paused for those that are not.

A pause may be short, and what has moved does not come back. So in its first minute only as much moves as keeps the
others busy; after that everything does, in order and so much at a time. A person who pauses says whether tasks move.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from aigcq import telemetry
from aigcq.accounts.accounts import Accounts, OpenAccount
from aigcq.accounts.routing import Router
from aigcq.errors import StoreUnavailable, TaskMoving, TaskNotFound
from aigcq.model import Status
from aigcq.store.control import Overview
from aigcq.store.moves import Movable

log = telemetry.logger()

BATCH: Final = 50
"""Tasks that leave one account in one turn."""
PAGE: Final = 200
"""Queued tasks that are looked at by one script."""
PATIENT_SECONDS: Final = 60.0
BUSY_TURNS: Final = 1.0
"""An account is busy enough while all of its permits must come free once before one more task would run."""
LEFT_SECONDS: Final = 5.0
"""What nobody has seen to for so long was left by a process that died."""


async def complete(accounts: Accounts, source: OpenAccount, task_id: str, goal: str = "") -> bool:
    """Move a task from `source` to the account `goal`, or go on with one that is on its way; return whether it moved.

    Whoever calls this, how often and at the same time: the task is in one account in the end, and was in no two.

    Raises:
        StoreUnavailable: one of the accounts does not answer; the task is on its way, and whoever comes next goes on.
    """
    lent = await source.store.moves.lend(task_id, goal)
    if lent is None:
        return False
    to = accounts.get(lent.to)
    if to is None:
        log.error("task is on its way to an account that is not in the file", task=task_id, to=lent.to)
        return False
    if lent.status == Status.QUEUED:
        if lent.picture and lent.picture_ms > 0:
            await to.store.uploads.carry(task_id, lent.picture, lent.picture_ms)
        if not await to.store.tasks.arrive(lent.arriving(source.name)):
            await source.store.moves.stay(lent)  # its deadline is over, which its own account tells
            return False
    elif lent.status:
        with suppress(TaskNotFound, TaskMoving):
            await to.store.tasks.cancel(task_id)
        return False
    if await source.store.moves.left(task_id):
        log.info("moved", task=task_id, source=source.name, to=to.name)
    return True


class Mover:
    """What one process does now and then for all accounts."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        self._router = Router(accounts)

    async def turn(self) -> int:
        """Complete what others have begun, then move what may move now; return how many tasks moved.

        An account that does not answer keeps nobody else's tasks where they are.
        """
        moved = 0
        for source in self._accounts:
            try:
                moved += await self._complete_begun(source)
                moved += await self._move_away(source)
            except StoreUnavailable as error:
                log.warning("store away", step="move", source=source.name, why=str(error))
        return moved

    async def _complete_begun(self, source: OpenAccount) -> int:
        begun = await source.store.moves.lent(LEFT_SECONDS, BATCH)
        return sum([await complete(self._accounts, source, task_id) for task_id in begun])

    async def _move_away(self, source: OpenAccount) -> int:
        overview = await source.load.overview(anew=True)
        if not overview.moves_away or not overview.queued:
            return 0
        most = BUSY_TURNS if _may_be_short(overview) else float("inf")
        moved, begin, seen = 0, 0, PAGE
        kept = set[tuple[str, str]]()  # of whom nobody takes this model now: asked once in a turn
        while moved < BATCH and seen == PAGE:
            seen, movable = await source.store.moves.movable(begin, PAGE)
            here = 0
            for each in movable:
                if moved + here == BATCH:
                    break
                if (each.tenant, each.model) in kept:
                    continue
                if await self._move(source, each, most):
                    here += 1
                else:
                    kept.add((each.tenant, each.model))
            moved, begin = moved + here, begin + seen - here  # those behind it have come forward
        return moved

    async def _move(self, source: OpenAccount, task: Movable, most: float) -> bool:
        goal = await self._router.relief(task.tenant, task.model, source, most)
        if goal is None or not await complete(self._accounts, source, task.id, goal.name):
            return False
        goal.load.sent += 1
        return True


def _may_be_short(overview: Overview) -> bool:
    return overview.paused_by != "operator" and overview.now_ms - overview.paused_ms < PATIENT_SECONDS * 1000
