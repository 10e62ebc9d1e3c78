"""What goes over HTTP at our own front door: bodies, answers, problems."""

from __future__ import annotations

from aigcq.schemas.batch import Batch, BatchCreated, BatchItem
from aigcq.schemas.events import QueueEvent, TaskEvent
from aigcq.schemas.lists import ListedTask, Moved, Priority, Requeue, Requeued, TaskList
from aigcq.schemas.problems import FieldError, Problem, field_errors, shortened, spelt
from aigcq.schemas.queue import Health, QueueInfo, VendorHealth
from aigcq.schemas.tasks import CancelAnswer, CreateTask, Eta, TaskCreated, TaskError, TaskStatus

__all__ = [
    "Batch",
    "BatchCreated",
    "BatchItem",
    "CancelAnswer",
    "CreateTask",
    "Eta",
    "FieldError",
    "Health",
    "ListedTask",
    "Moved",
    "Priority",
    "Problem",
    "QueueEvent",
    "QueueInfo",
    "Requeue",
    "Requeued",
    "TaskCreated",
    "TaskError",
    "TaskEvent",
    "TaskList",
    "TaskStatus",
    "VendorHealth",
    "field_errors",
    "shortened",
    "spelt",
]
