"""What clients are told of an entry of Redis' events."""

from __future__ import annotations

from httpx2 import ServerSentEvent

from aigcq.api.happenings import happening
from aigcq.cli.follow import _line
from aigcq.client.events import QueueEvent, event_of

LIMIT = {"event": "limit", "cause": "refused", "threshold": "2", "scope": "model:Hailuo"}


def _told(fields: dict[str, str]) -> QueueEvent:
    """Return the event as our client reads it."""
    news = happening("1795521600123-0", fields)
    assert news
    words = dict(line.split(": ", 1) for line in news.frame.decode().strip().splitlines())
    event = event_of(ServerSentEvent(event=words["event"], data=words["data"]))
    assert isinstance(event, QueueEvent)
    return event


def test_whose_limit_has_moved_is_told_to_the_client_and_by_watch() -> None:
    event = _told(LIMIT)

    assert (event.scope, event.threshold) == ("model:Hailuo", 2)
    assert _line(event).endswith("queue limit 2 refused model:Hailuo")


def test_who_does_not_say_whose_limit_it_is_is_understood() -> None:
    event = _told({name: value for name, value in LIMIT.items() if name != "scope"})

    assert event.scope is None
    assert _line(event).endswith("queue limit 2 refused")
