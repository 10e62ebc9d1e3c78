"""A vendor that answers as it is told."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Collection
from datetime import datetime
from typing import Any

from aigcq.request import VideoRequest
from aigcq.vendors.base import Job, JobStatus, Page, Usage

VIDEO = {"video_url": "https://v/1.mp4"}
WAITING = Job(status=JobStatus.WAITING)
RUNNING = Job(status=JobStatus.RUNNING, progress=50)
SUCCEEDED = Job(status=JobStatus.SUCCEEDED, progress=100, video=VIDEO)
ABORTED = Job(status=JobStatus.ABORTED)
NO_ENDS = Page()
Answer = Job | Page | Usage | str | bool | Collection[str] | None | BaseException | Callable[[], Awaitable[Any]]


def failed(error: Any) -> Job:
    return Job(status=JobStatus.FAILED, error=error)


class Gate:
    """An answer that is held up until the test opens the gate."""

    def __init__(self, answer: Answer) -> None:
        self.reached = asyncio.Event()
        self.open = asyncio.Event()
        self._answer = answer

    async def __call__(self) -> Answer:
        self.reached.set()
        await self.open.wait()
        return self._answer


class Scripted:
    """Accepts everything and finishes it at once, unless it is told otherwise; an `aigcq.vendors.base.Vendor`."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Any]] = []
        self._script: dict[str, deque[Answer]] = {
            "describe": deque([SUCCEEDED]),
            "find": deque([None]),
            "finished": deque([NO_ENDS]),
            "pull_ends": deque([()]),
            "abort": deque([True]),
            "probe": deque([None]),
            "usage": deque([Usage()]),
        }

    def will(self, verb: str, *answers: Answer) -> None:
        """Give these answers to the next calls, the last one for good; an error is raised."""
        self._script[verb] = deque(answers)

    def asked(self, verb: str) -> list[Any]:
        """Return what each call of `verb` was about."""
        return [about for name, about in self.calls if name == verb]

    async def submit(self, request: VideoRequest, *, task_id: str, session_id: str, signed_at: float) -> str:
        self.signed_at = signed_at
        if "submit" not in self._script:
            self.calls.append(("submit", session_id))
            return f"vod-{session_id}"
        return str(await self._answer("submit", session_id))

    async def describe(self, vendor_task_id: str) -> Job:
        job = await self._answer("describe", vendor_task_id)
        assert isinstance(job, Job)
        return job

    async def find(self, session_id: str, *, after: float, before: float) -> str | None:
        self.window = (after, before)
        found = await self._answer("find", session_id)
        return None if found is None else str(found)

    async def finished(self, *, after: float, token: str = "") -> Page:
        page = await self._answer("finished", (after, token))
        assert isinstance(page, Page)
        return page

    async def pull_ends(self) -> Collection[str]:
        return list(await self._answer("pull_ends", None))

    async def abort(self, vendor_task_id: str) -> bool:
        return bool(await self._answer("abort", vendor_task_id))

    async def usage(self, *, start: datetime, end: datetime) -> Usage:
        usage = await self._answer("usage", (start, end))
        assert isinstance(usage, Usage)
        return usage

    async def probe(self) -> None:
        await self._answer("probe", None)

    async def close(self) -> None: ...

    async def _answer(self, verb: str, about: Any) -> Any:
        self.calls.append((verb, about))
        script = self._script[verb]
        answer = script.popleft() if len(script) > 1 else script[0]
        if callable(answer):
            answer = await answer()
        if isinstance(answer, BaseException):
            raise answer
        return answer
