"""Tencent Cloud VOD as a vendor."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from typing import Any, Final, Self

from aigcq.clock import Clock
from aigcq.errors import VendorRejected, VendorTaskGone, VendorUnavailable
from aigcq.request import VideoRequest
from aigcq.vendors.base import Job, Page, Usage, Vendor
from aigcq.vendors.skew import Skew
from aigcq.vendors.vod_action import ABORT, CONFIRM, CREATE, DESCRIBE, LIST, PULL, Action, T
from aigcq.vendors.vod_api import Account, VodApi
from aigcq.vendors.vod_request import create_body
from aigcq.vendors.vod_usage import USAGE, asked_of, counted

ENDPOINT: Final = "https://vod.tencentcloudapi.com"
PAGE_SIZE: Final = 100
MAX_PAGES: Final = 1000


class TencentVod(Vendor):
    """One account (SecretId and SubAppId) at Tencent Cloud VOD. Close it, or use `async with`."""

    def __init__(
        self,
        *,
        secret_id: str,
        secret_key: str,
        sub_app_id: int,
        clock: Clock,
        token: str = "",
        endpoint: str = ENDPOINT,
        region: str = "",
        timeout_seconds: float = 20.0,
        renewing: Callable[[Account], Callable[[], Account]] | None = None,
    ) -> None:
        """Nothing is sent yet. `renewing` gives, for the account that this is, what says at each call what it is now.

        Raises:
            ConfigurationError: a credential or the endpoint cannot be one.
        """
        account = Account(secret_id=secret_id.strip(), secret_key=secret_key.strip(), token=token.strip())
        current = renewing(account) if renewing else None
        self._api = VodApi(
            account, endpoint=endpoint, region=region, timeout_seconds=timeout_seconds, clock=clock, current=current
        )
        self._sub_app_id = sub_app_id
        self._clock = clock
        # Two clocks date our calls: submissions Redis', everything else this machine's.
        self._redis_skew = Skew(settle_seconds=1.0)
        self._own_skew = Skew(settle_seconds=0.0)  # reads do no harm however late they are

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def submit(self, request: VideoRequest, *, task_id: str, session_id: str, signed_at: float) -> str:
        body = create_body(request, sub_app_id=self._sub_app_id, session_id=session_id, session_context=task_id)
        return await self._api.call(CREATE, body, moment=signed_at, skew=self._redis_skew)

    async def describe(self, vendor_task_id: str) -> Job:
        return await self._ask(DESCRIBE, TaskId=vendor_task_id)

    async def find(self, session_id: str, *, after: float, before: float) -> str | None:
        window = {"After": _iso(math.floor(after)), "Before": _iso(math.ceil(before))}
        # Oldest first: new tasks then do not shift the pages, and a lost task is near the window's beginning.
        query: dict[str, Any] = {"CreateTime": window, "Sort": {"Field": "CreateTime", "Order": "Asc"}}
        for _ in range(MAX_PAGES):
            page = await self._ask(LIST, Limit=PAGE_SIZE, **query)
            if found := page.task_ids.get(session_id):
                return found
            if not page.next_token:
                return None
            query["ScrollToken"] = page.next_token
        # Not None: that would say that it is not there.
        raise VendorUnavailable(f"The vendor lists more than {MAX_PAGES * PAGE_SIZE} tasks in this time.")

    async def finished(self, *, after: float, token: str = "") -> Page:
        query = {
            "Status": "FINISH",
            "FinishTime": {"After": _iso(math.floor(after))},
            "Sort": {"Field": "FinishTime", "Order": "Asc"},  # what ends meanwhile comes last and shifts no page
        }
        return await self._ask(LIST, Limit=PAGE_SIZE, **query, **({"ScrollToken": token} if token else {}))

    async def pull_ends(self) -> Collection[str]:
        try:
            ends = await self._ask(PULL)
        except VendorTaskGone:
            return ()
        if ends:  # events of other kinds are left to whom they are for
            await self._ask(CONFIRM, EventHandles=list(ends))
        return ends.values()

    async def abort(self, vendor_task_id: str) -> bool:
        try:
            await self._ask(ABORT, TaskId=vendor_task_id, OperationType="Abort")
        except VendorRejected:
            return False
        return True

    async def usage(self, *, start: datetime, end: datetime) -> Usage:
        items = await self._ask(USAGE, **asked_of(start, end))
        return counted(items, start, end)

    async def probe(self) -> None:
        await self._ask(LIST, Limit=1)

    async def close(self) -> None:
        await self._api.close()

    async def _ask(self, action: Action[T], **params: Any) -> T:
        return await self._api.call(
            action, {"SubAppId": self._sub_app_id} | params, moment=self._clock.now(), skew=self._own_skew
        )


def _iso(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
