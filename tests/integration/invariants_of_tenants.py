"""What must be true of the lists that tenants have of their own."""

from __future__ import annotations

from collections.abc import Mapping, Set

from aigcq.store.keys import Keys


def unlisted(tasks: Mapping[str, Mapping[str, str]], lists: Mapping[str, Set[str]], keys: Keys) -> list[str]:
    """Return every task that its tenant's list lacks, and every one in the list of another, as sentences."""
    found = [
        f"{task_id} is not in the list of {tenant}"
        for task_id, record in tasks.items()
        if (tenant := record.get("tenant")) and "erased_ms" not in record
        and task_id not in lists.get(keys.ended_of(tenant), ())
    ]  # fmt: skip
    for name, task_ids in lists.items():
        strangers = [
            each for each in task_ids if each in tasks and keys.ended_of(tasks[each].get("tenant", "")) != name
        ]
        found += [f"{each} is in {name}, and not of this tenant" for each in strangers]
    return found
