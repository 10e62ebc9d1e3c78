"""What must be true of the lanes of what was passed, and of the limits of models."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from aigcq.store.keys import Keys


@dataclass(slots=True)
class Scopes:
    """What a queue keeps for each model."""

    passed: set[str] = field(default_factory=set)
    """Models of which tasks were passed."""
    lanes: dict[str, set[str]] = field(default_factory=dict)
    indexes: dict[str, set[str]] = field(default_factory=dict)
    """Of the permits."""
    limits: set[str] = field(default_factory=set)
    """Models that have one."""


def scopes_in(keys: Keys, kinds: Mapping[str, str], members: Callable[[str], set[str]]) -> Scopes:
    """Return them, of keys with these types."""

    def of_each(prefix: str) -> dict[str, set[str]]:
        return {name.removeprefix(prefix): members(name) for name in kinds if name.startswith(prefix)}

    return Scopes(
        passed=members(keys.lanes) if keys.lanes in kinds else set(),
        lanes=of_each(keys.lanes + ":"),
        indexes=of_each(keys.permits_of("")),
        limits={name.removeprefix(keys.limit_of("")) for name in kinds if name.startswith(keys.limit_of(""))},
    )


def is_of_a_model(name: str, keys: Keys) -> bool:
    return name.startswith((keys.lanes, keys.full, keys.caps, keys.permits_of(""), keys.limit_of("")))


def broken_scopes(
    of: Scopes, keys: Keys, tasks: Mapping[str, Mapping[str, str]], others: Mapping[str, Mapping[str, str]],
    queued: Mapping[str, float], permits: Mapping[str, float],
) -> list[str]:  # fmt: skip
    """Return every invariant that does not hold, as sentences."""
    found = []
    cursor = float(others.get(keys.meta, {}).get("lanes_to", "-inf"))
    for task_id, score in queued.items():
        record = tasks.get(task_id, {})
        model, tenant = _model(record), record.get("tenant", "")
        if score <= cursor and not (model in of.passed and task_id in of.lanes.get(f"{model}:{tenant}", ())):
            found.append(f"{task_id} of {model} was passed and is in no lane")
    if lost := set(json.loads(others.get(keys.limit, {}).get("models", "[]"))) - of.limits:
        found.append(f"{lost} are said to have a limit, and have none")
    for task_id in permits:
        record = tasks.get(task_id, {})
        model = _model(record)
        if "/" in record.get("permit", "") and model in of.limits and task_id not in of.indexes.get(model, ()):
            found.append(f"the permit of {task_id} is not among those of {model}")
    return found


def _model(record: Mapping[str, str]) -> str:
    return record.get("model", "").partition("-")[0]
