"""Why nothing was enqueued: the answers of scripts as errors."""

from __future__ import annotations

from typing import Any

from aigcq.errors import (
    AigcqError,
    IdempotencyConflict,
    InvalidRequest,
    MaxCostExceeded,
    PositionTooFar,
    PriceUnknown,
    QueueFull,
    TenantBacklogFull,
)
from aigcq.prices import shown
from aigcq.store.connection import Connection
from aigcq.store.ledger import exceeded
from aigcq.store.records import NewTask


def refusal(connection: Connection, new: NewTask, answer: list[Any]) -> AigcqError:
    """Return why `enqueue` has put nothing in the queue."""
    match answer:
        case ["conflict"]:
            return IdempotencyConflict()
        case ["far", position]:
            return PositionTooFar(position, new.max_position)
        case ["late", now_ms]:
            moments = {"not_before": new.due_ms, "deadline.start": new.start_by_ms, "deadline.end": new.end_by_ms}
            field = next(name for name, ms in moments.items() if 0 < ms <= now_ms)
            return InvalidRequest(field, f"{field} must be in the future.")
        case ["full", _]:
            return QueueFull(connection.settings.backlog_limit, retry_after_seconds=30)
        case ["crowded", limit]:
            return TenantBacklogFull(limit)
    return refusal_for_money(connection, new, answer)


def refusal_for_money(connection: Connection, new: NewTask, answer: list[Any]) -> AigcqError:
    """Return why a task may not be made for money."""
    match answer:
        case ["unpriced"]:
            return PriceUnknown(new.estimate.reason)
        case ["dear"]:
            it = new.estimate
            return MaxCostExceeded(shown(it.amount or 0), shown(new.max_cost or 0), it.currency)
        case ["broke", *found]:
            return exceeded(new.estimate, found, connection.today, connection.settings.budget_timezone)
    raise AssertionError(answer)
