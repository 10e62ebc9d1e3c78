"""What an operator asks for is not there."""

from __future__ import annotations

from aigcq.errors.ours import AigcqError


class WorkerNotFound(AigcqError):
    """No such worker, or it has not said for ten minutes that it lives."""

    code = "worker_not_found"
    status = 404
    advice = "`GET /aigc/workers` lists those that there are; each start of a worker has a name of its own."

    def __init__(self, consumer: str) -> None:
        super().__init__(f"There is no worker {consumer}.")
