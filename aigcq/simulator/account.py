"""One account at the vendor: what it may run at once, what it runs, and what it has asked before."""

from __future__ import annotations

import heapq
from collections import Counter, OrderedDict
from collections.abc import Iterator, Mapping

from aigcq.simulator.refusal import too_frequent
from aigcq.simulator.task import Task


class Account:
    """The state of one SecretId, brought up to date by `settle` whenever somebody looks."""

    def __init__(self) -> None:
        self.live = 0
        """Tasks that hold a permit, as of the last `settle`."""
        self.max_live = 0
        """Most of them at once."""
        self._live_per_model: Counter[str] = Counter()
        self._processing: list[tuple[float, int, Task]] = []
        self._waiting: dict[str, list[tuple[int, int, Task]]] = {}
        self._waiting_count = 0
        self._sessions: OrderedDict[tuple[int, str], float] = OrderedDict()
        self._calls: dict[str, tuple[int, int]] = {}

    def settle(self, now: float, limit: int, per_model: Mapping[str, int]) -> Iterator[Task]:
        """Yield the tasks that finished by `now`, in order; a freed permit goes to a waiting task at that moment."""
        while self._processing and self._processing[0][0] <= now:
            finished_at, _, task = heapq.heappop(self._processing)
            self._give_back(task)
            self._start_waiting(finished_at, limit, per_model)
            yield task
        self._start_waiting(now, limit, per_model)

    def has_room(self, model: str, limit: int, per_model: Mapping[str, int]) -> bool:
        """Return whether another task of `model` may be processed."""
        return self.live < limit and self._live_per_model[model] < per_model.get(model, limit)

    def begin(self, task: Task, at: float) -> None:
        """Start `task`; it holds a permit until it finishes, unless it was accepted over the limit."""
        task.begun = at
        heapq.heappush(self._processing, (at + task.fate.seconds, task.ordinal, task))
        if not task.over_the_limit:
            self.live += 1
            self._live_per_model[task.model.name] += 1
            self.max_live = max(self.max_live, self.live)

    def wait(self, task: Task) -> None:
        """Let `task` wait for a permit: higher TasksPriority first, then the older."""
        heapq.heappush(self._waiting.setdefault(task.model.name, []), (-task.priority, task.ordinal, task))
        self._waiting_count += 1

    def abort(self, task: Task, now: float) -> None:
        """End a task that waits."""
        task.aborted = now  # its place in the heap is skipped when it comes up
        self._waiting_count -= 1

    def unfinished(self) -> int:
        """Return how many tasks are accepted and not ended, permit or not."""
        return len(self._processing) + self._waiting_count

    def knows_session(self, sub_app_id: int, session_id: str, horizon: float) -> bool:
        """Return whether the SessionId was taken after `horizon` (a moment)."""
        taken = self._sessions.get((sub_app_id, session_id))
        return taken is not None and taken > horizon

    def take_session(self, sub_app_id: int, session_id: str, now: float, horizon: float) -> None:
        """Take the SessionId, and forget those older than `horizon`."""
        self._sessions[sub_app_id, session_id] = now
        self._sessions.move_to_end((sub_app_id, session_id))
        while next(iter(self._sessions.values())) <= horizon < now:
            self._sessions.popitem(last=False)

    def count_call(self, action: str, second: int, limit: int) -> None:
        """Count a call of `action` in this `second` of the clock; refused ones count too.

        Raises:
            Refusal: RequestLimitExceeded, if there were `limit` before.
        """
        last, count = self._calls.get(action, (second, 0))
        count = count + 1 if last == second else 1
        self._calls[action] = (second, count)
        if count > limit:
            raise too_frequent(count, limit)

    def _give_back(self, task: Task) -> None:
        if not task.over_the_limit:
            self.live -= 1
            self._live_per_model[task.model.name] -= 1

    def _start_waiting(self, at: float, limit: int, per_model: Mapping[str, int]) -> None:
        while heads := [heap for model, heap in self._heads() if self.has_room(model, limit, per_model)]:
            first = min(heads, key=lambda heap: heap[0][:2])
            self._waiting_count -= 1
            self.begin(heapq.heappop(first)[-1], at)

    def _heads(self) -> Iterator[tuple[str, list[tuple[int, int, Task]]]]:
        """Yield each model whose first waiting task is a live one, with its heap."""
        for model, heap in self._waiting.items():
            while heap and heap[0][-1].aborted is not None:
                heapq.heappop(heap)
            if heap:
                yield model, heap
