"""What goes over HTTP at our own front door: bodies, answers, problems."""

from __future__ import annotations

from aigcq.schemas.batch import Batch, BatchCreated, BatchItem
from aigcq.schemas.events import QueueEvent, TaskEvent
from aigcq.schemas.lists import ListedTask, Moved, Priority, Requeue, Requeued, TaskList
from aigcq.schemas.problems import FieldError, Problem, field_errors, shortened, spelt
from aigcq.schemas.queue import Health, HealthFinding, QueueInfo, VendorHealth
from aigcq.schemas.spend import (
    Amount,
    BudgetState,
    Cost,
    Reconciled,
    Spend,
    SpendDay,
    SpendModel,
    SpendTotal,
)
from aigcq.schemas.tasks import CancelAnswer, CreateTask, Eta, TaskCreated, TaskError, TaskStatus
from aigcq.schemas.webhooks import Deliveries, PastDelivery, Replayed, Webhook

__all__ = [
    "Amount",
    "Batch",
    "BatchCreated",
    "BatchItem",
    "BudgetState",
    "CancelAnswer",
    "Cost",
    "CreateTask",
    "Deliveries",
    "Eta",
    "FieldError",
    "Health",
    "HealthFinding",
    "ListedTask",
    "Moved",
    "PastDelivery",
    "Priority",
    "Problem",
    "QueueEvent",
    "QueueInfo",
    "Reconciled",
    "Replayed",
    "Requeue",
    "Requeued",
    "Spend",
    "SpendDay",
    "SpendModel",
    "SpendTotal",
    "TaskCreated",
    "TaskError",
    "TaskEvent",
    "TaskList",
    "TaskStatus",
    "VendorHealth",
    "Webhook",
    "field_errors",
    "shortened",
    "spelt",
]
