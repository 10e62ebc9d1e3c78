"""The names of what is kept of one task."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KeysOfTasks:
    """The keys of the tasks of one queue."""

    queue: str

    @property
    def prefix(self) -> str:
        return f"aigcq:{{{self.queue}}}:"

    @property
    def task_prefix(self) -> str:
        return self.prefix + "task:"

    def task(self, task_id: str) -> str:
        """Hash: the record."""
        return self.task_prefix + task_id

    def request(self, task_id: str) -> str:
        """String: the request, JSON."""
        return f"{self.task(task_id)}:request"

    def result(self, task_id: str) -> str:
        """String: the result or the error, JSON."""
        return f"{self.task(task_id)}:result"

    def file(self, task_id: str) -> str:
        """String: what is kept of the task's video, JSON; it outlives the record."""
        return f"{self.task(task_id)}:file"

    def timeline(self, task_id: str) -> str:
        """List with a TTL: what has happened to the task, as far as it was folded; see `aigcq.timeline`."""
        return f"{self.task(task_id)}:timeline"

    def upload(self, task_id: str) -> str:
        """String with a TTL: the picture that was sent with the request, Base64."""
        return f"{self.task(task_id)}:upload"
