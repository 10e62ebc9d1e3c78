"""How much more a worker takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from aigcq.config import Settings
from aigcq.worker.held import Held


@dataclass(slots=True)
class Room:
    """What is left of AIGCQ_WORKER_CONCURRENCY; every claim asks, so that it must not walk over all that is held."""

    settings: Settings
    held: Mapping[str, Held]
    _on_trial: list[Held] = field(default_factory=list)
    """What may kill this worker; which of it has not, or is held no longer, is found when it is asked next."""

    def enter(self, held: Held) -> None:
        """Take note of what is held from now on."""
        if held.delivery.task.deaths >= max(1, self.settings.max_deaths - 1):
            self._on_trial.append(held)

    def left(self, most: int) -> int:
        """Return how many more tasks, up to `most`, this worker takes; none while it tries one that may kill it."""
        self._on_trial = [held for held in self._on_trial if not held.proven and self._holds(held)]
        if self._on_trial:
            return 0
        room = self.settings.worker_concurrency - len(self.held)
        if room < most:  # only then it matters how many of them take none
            # As many again at most: while the storage is away, all that ends would gather in this process.
            room += min(sum(held.saving for held in self.held.values()), self.settings.worker_concurrency)
        # What was taken over from others may be more than there is room for.
        return max(0, min(most, room))

    def _holds(self, held: Held) -> bool:
        return self.held.get(held.delivery.task_id) is held
