"""Several queues at one instant, added up."""

from __future__ import annotations

from collections.abc import Sequence

from aigcq.accounts.accounts import Accounts
from aigcq.accounts.together import together
from aigcq.store.control import Control, Overview, Span


class Unknown(Span):
    """Of events of several queues nobody can say what came after one of them."""

    def misses(self, after: str) -> bool:
        return True


class ControlOfAll(Control):
    """What there is, in all accounts together. Whoever listens does so in one of them."""

    def __init__(self, accounts: Accounts) -> None:
        super().__init__(accounts[0].store.connection)
        self._accounts = accounts

    async def overview(self) -> Overview:
        overviews = await together(each.store.control.overview() for each in self._accounts)
        return added(self._accounts, overviews)

    async def pause(
        self, reason: str, *, by: str = "operator", probe_seconds: float = 0.0, moves: bool = False
    ) -> bool:
        stores = [each.store for each in self._accounts]
        return any(
            await together(
                each.control.pause(reason, by=by, probe_seconds=probe_seconds, moves=moves) for each in stores
            )
        )

    async def resume(self, *, by: str = "operator") -> bool:
        return any(await together(each.store.control.resume(by=by) for each in self._accounts))

    async def events_span(self) -> Span:
        return Unknown(first="0-0", last="0-0", whole=False)


def added(accounts: Accounts, overviews: Sequence[Overview]) -> Overview:
    """Return the sum; it is paused only if every account is."""
    models = {model for each in overviews for model in each.model_limits}
    limits = {model: sum(each.model_limits.get(model, each.threshold) for each in overviews) for model in models}
    named = [(one.name, each) for one, each in zip(accounts, overviews, strict=True)]
    paused = "; ".join(f"{name}: {each.paused}" for name, each in named) if all(o.paused for o in overviews) else ""
    by = "operator" if any(each.paused_by == "operator" for each in overviews) else overviews[0].paused_by
    return Overview(
        now_ms=max(each.now_ms for each in overviews),
        queued=sum(each.queued for each in overviews),
        waiting=sum(each.waiting for each in overviews),
        processing=sum(each.processing for each in overviews),
        live=sum(each.live for each in overviews),
        overdue=sum(each.overdue for each in overviews),
        threshold=sum(each.threshold for each in overviews),
        model_limits=limits,
        maximum=sum(each.maximum for each in overviews),
        passed=any(each.passed for each in overviews),
        paused=paused,
        paused_by=by if paused else "",
        workers={f"{worker} {name}": ms for name, each in named for worker, ms in each.workers.items()},
        vendor=max(overviews, key=lambda each: int(each.vendor.get("ok_ms", 0))).vendor,
        minimum=sum(each.minimum for each in overviews),
        unanswered=sum(each.unanswered for each in overviews),
        dead_lately=sum(each.dead_lately for each in overviews),
        ended_lately=sum(each.ended_lately for each in overviews),
        granted_ms=max(each.granted_ms for each in overviews),
        accounts=dict(named),
    )
