"""What a tenant may not take of the account."""

from __future__ import annotations

from aigcq.errors.ours import AigcqError


class TenantBacklogFull(AigcqError):
    """As many tasks of this tenant as it may have are unfinished; nothing was enqueued."""

    code = "tenant_backlog_full"
    status = 429
    advice = "Wait until some of your tasks have ended, or cancel some; an operator may raise the limit."
    retry_after_seconds = 30

    def __init__(self, limit: int) -> None:
        super().__init__(f"Your tenant has {limit} unfinished tasks, which is its limit.")
