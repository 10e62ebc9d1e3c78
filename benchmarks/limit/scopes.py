"""The product's law with its scopes: the account, and each model that shows a limit of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from aigcq.limit import ceiling, scopes
from aigcq.limit.ceiling import Kind, Permit, State
from aigcq.limit.scopes import Blame
from benchmarks.limit.job import Job, Refusal
from benchmarks.limit.law import Moment, milliseconds
from benchmarks.limit.models import ByModel
from benchmarks.limit.ours import Ceiling

ITSELF: Final = Blame(model=False, account=True, suspect="")
"""Too many requests are the account's."""


class Scopes(ByModel, Ceiling):
    """`aigcq.limit.scopes` and `aigcq.limit.ceiling`, for the account and for models."""

    def begin(self) -> None:
        super().begin()
        self.models: dict[str, State] = {}
        self._of_models = scopes.law_of_model(self._law)
        self._suspect, self._created = "", False

    def choose(self, moment: Moment, models: Iterator[str]) -> tuple[str, Permit, Permit | None] | None:
        account, permit, _ = ceiling.grant(self.state, self._law, moment.live, moment.pending, moment.ms)
        if permit is None:
            return None
        for model in models:
            own, model_permit = self.models.get(model), None
            if own:
                mine = self.moment_of(model, moment)
                own, model_permit, _ = ceiling.grant(own, self._of_models, mine.live, mine.pending, moment.ms)
            if own and not model_permit:
                continue
            if not self._tokens.take(moment.ms):
                return None
            self.state = account
            if own:
                self.models[model] = own
            return model, permit, model_permit
        return None

    def accepted(self, moment: Moment, job: Job) -> None:
        super().accepted(moment, job)
        self._suspect, self._created = "", False
        model = job.task.model
        if own := self.models.get(model):
            mine = self.moment_of(model, moment)
            self.models[model] = ceiling.accepted(own, self._of_models, mine.live, mine.pending, mine.ms)
            if not scopes.binds(own, self.models[model], self.state):
                del self.models[model]

    def refused(self, moment: Moment, job: Job) -> None:
        blamed = ITSELF if job.refusal is Refusal.RATE else self._blame(moment, job, late=False)
        if blamed.model:
            own, permit, mine = self._limit_of(moment, job)
            self.models[job.task.model] = ceiling.refused(own, self._of_models, permit, mine.live, mine.ms)
        if blamed.account:
            super().refused(moment, job)

    def failed(self, moment: Moment, job: Job) -> None:
        blamed = self._blame(moment, job, late=True)
        if blamed.model:
            own, permit, mine = self._limit_of(moment, job)
            self.models[job.task.model] = ceiling.failed(own, self._of_models, permit, mine.live, mine.pending, mine.ms)
        if blamed.account:
            super().failed(moment, job)

    def waiting(self, moment: Moment, job: Job) -> None:
        super().waiting(moment, job)
        if own := self.models.get(job.task.model):
            self.models[job.task.model] = ceiling.waiting(own, self._of_models, _permit(job), moment.ms)

    def ended(self, moment: Moment, job: Job) -> None:
        super().ended(moment, job)
        if own := self.models.get(job.task.model):
            finished_ms = milliseconds(job.finished_at)
            self.models[job.task.model] = ceiling.ended(own, self._of_models, _permit(job), finished_ms, moment.ms)

    def _blame(self, moment: Moment, job: Job, *, late: bool) -> Blame:
        own, mine = self.models.get(job.task.model), self.moment_of(job.task.model, moment)
        blamed = scopes.blame(
            scopes.Refusal(
                model=job.task.model, limited=own is not None,
                model_probe=own is not None and _permit(job).kind is Kind.PROBE,
                account_probe=job.permit.kind is Kind.PROBE, others=moment.live - mine.live,
                waiting=len(self.scenario.models) > 1, count=job.permit.rank if late else moment.live + 1,
                proven=self.state.held if late else self.state.proven, full=moment.live + 1 >= self.state.threshold,
                own_proven=own is not None and not late and own.proven > mine.live, suspect=self._suspect,
            )
        )  # fmt: skip
        if blamed.model and not own:
            self._created = True
        elif blamed.suspect == scopes.THE_ACCOUNT_ITSELF and self._created:
            self.models.pop(self._suspect, None)
            self._created = False
        self._suspect = blamed.suspect
        return blamed

    def _limit_of(self, moment: Moment, job: Job) -> tuple[State, Permit, Moment]:
        """Return the limit of the job's model, which may begin now, its permit, and its counts."""
        mine = self.moment_of(job.task.model, moment)
        if own := self.models.get(job.task.model):
            return own, _permit(job), mine
        own = scopes.begin(self._law, moment.ms)
        permit = Permit(kind=Kind.NORMAL, epoch=own.epoch, rank=mine.live + 1, granted_ms=job.permit.granted_ms)
        return own, permit, mine


def _permit(job: Job) -> Permit:
    """Return what is noted of the model's permit; one from before it had a limit is of an older epoch."""
    return job.model_permit or Permit(kind=Kind.NORMAL, epoch=-1, rank=0, granted_ms=job.permit.granted_ms)
