"""What Redis said happened, as it happened: every event, kept beyond the capped stream."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from redis.asyncio import Redis
from redis.exceptions import RedisError

from aigcq.clock import Clock
from aigcq.limit.ceiling import Kind
from aigcq.model import Event
from aigcq.store.control import entries_of
from aigcq.store.keys import Keys

AWAY_SECONDS = 0.2
NEWER = frozenset(
    {
        "a failed task is a dead letter now",
        "a submission without a permit waits for no answer",
        "a task that others had passed is in its lane again",
    }
)
"""What a worker of the release before leaves undone, since it does not know of it."""
GIVEN = frozenset({Event.CLAIM, Event.RECLAIM})


@dataclass(frozen=True, slots=True)
class Seen:
    """One event of the stream; `ms` is Redis time."""

    ms: int
    fields: dict[str, str]

    @property
    def name(self) -> str:
        return self.fields["event"]

    @property
    def task_id(self) -> str:
        return self.fields.get("task", "")


@dataclass
class Watch:
    """Reads the events of one queue until it is told to stop."""

    client: Redis
    keys: Keys
    clock: Clock
    seen: list[Seen] = field(default_factory=list)
    stopping: bool = False
    _last: str = "0-0"

    async def run(self) -> None:
        while not self.stopping:
            try:
                reply = await self.client.xread({self.keys.events: self._last}, count=1000, block=200)
            except (RedisError, OSError):
                await self.clock.sleep(AWAY_SECONDS)
                continue
            for entry_id, fields in entries_of(reply):
                self._last = entry_id
                self.seen.append(Seen(int(entry_id.partition("-")[0]), dict(fields)))

    def recoveries(self) -> list[float]:
        """Return, for every reclaimed delivery, the seconds since its last sign of life."""
        last: dict[str, int] = {}
        found = []
        for event in self.seen:
            if event.name == Event.RECLAIM and event.task_id in last:
                found.append((event.ms - last[event.task_id]) / 1000)
            if event.task_id:
                last[event.task_id] = event.ms
        return found

    def grants_over_the_threshold(self) -> list[str]:
        """Return every grant that was made at or above the threshold of that moment; a probe may be at it."""
        return [
            f"{event.task_id} was granted at {event.fields['live']} live of {event.fields['threshold']}"
            for event in self.seen
            if event.name == Event.CLAIM and int(event.fields["live"]) >= _room(event.fields)
        ]

    def writes_of_zombies(self) -> list[str]:
        """Return every accepted write of a delivery after a newer one of the same task had begun."""
        newest: dict[str, int] = {}
        found = []
        for event in self.seen:
            if not (fence := int(event.fields.get("fence", 0))):
                continue
            if fence < newest.get(event.task_id, 0):
                found.append(f"{event.name} of {event.task_id} with fence {fence} after {newest[event.task_id]}")
            newest[event.task_id] = max(fence, newest.get(event.task_id, 0))
        return found

    def driven_last_by(self) -> dict[str, str]:
        """Return the consumer that each task was given to last, by task id."""
        return {event.task_id: event.fields["consumer"] for event in self.seen if event.name in GIVEN}

    def alarms(self) -> list[str]:
        """Return everything broken that had to be mended, but for what the release before does not know of."""
        causes = [event.fields["cause"] for event in self.seen if event.name == Event.ALARM]
        return [cause for cause in causes if cause not in NEWER]

    def leases_cut_short(self, lease_seconds: float) -> list[str]:
        """Return every delivery that was given to another worker before its lease can have ended.

        With the rule above: no two deliveries of a task have overlapping leases and both write.
        """
        given: dict[str, int] = {}
        found = []
        for event in self.seen:
            held = event.ms - given.get(event.task_id, 0)
            if event.name == Event.RECLAIM and event.task_id in given and held < lease_seconds * 1000:
                found.append(f"{event.task_id} was taken over {held} ms after it was given")
            if event.name in GIVEN:
                given[event.task_id] = event.ms
            elif event.name in (Event.HAND_BACK, Event.ALARM):  # given up; or broken, and about to be mended
                given.pop(event.task_id, None)
        return found


def _room(claim: Mapping[str, str]) -> int:
    """Return how many may be live with what was granted."""
    return int(claim["threshold"]) + claim.get("permit", "").startswith(Kind.PROBE)
