"""What must be true of the order in which tenants have their shares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise

from aigcq.store.keys import Keys

Zset = Mapping[str, float]
Owns = Mapping[str, Zset]
"""Tenant -> its own order."""


def owns_in(keys: Keys, kinds: Mapping[str, str], zset: Callable[[str], Zset]) -> Owns:
    return {name.removeprefix(keys.own("")): zset(name) for name in kinds if name.startswith(keys.own(""))}


def broken_shares(owns: Owns, tasks: Mapping[str, Mapping[str, str]], queued: Zset) -> list[str]:
    """Return every invariant that does not hold, as sentences."""
    found = []
    for task_id in queued:
        if task_id not in owns.get(tasks.get(task_id, {}).get("tenant", ""), ()):
            found.append(f"{task_id} is queued and not in the order of its tenant")
    for tenant, own in owns.items():
        if lost := set(own) - set(queued):
            found.append(f"the order of {tenant!r} holds what is not queued: {lost}")
        in_order = sorted((each for each in own if each in queued), key=own.__getitem__)
        found += [
            f"{first} and {second} of {tenant!r} start in another order than their own"
            for first, second in pairwise(in_order)
            if queued[first] >= queued[second]
        ]
    return found
