"""What each Action does with a request that the gateway let through."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from aigcq.simulator.call import Call
from aigcq.simulator.describe import Describer
from aigcq.simulator.events import BATCH, LONG_POLL_SECONDS
from aigcq.simulator.files import VideoStore
from aigcq.simulator.listing import Window, page
from aigcq.simulator.refusal import Refusal
from aigcq.simulator.usage import usage
from aigcq.simulator.vendor import Vendor

_LOOK_AGAIN_SECONDS: Final = 0.05


class Actions:
    """The seven Actions of the API that a queue in front of it needs."""

    def __init__(self, vendor: Vendor, videos: VideoStore) -> None:
        self._vendor = vendor
        self._videos = videos
        self.table: Mapping[str, Callable[[Call], Awaitable[dict[str, Any]]]] = {
            "CreateAigcVideoTask": self.create,
            "DescribeTaskDetail": self.describe,
            "DescribeTasks": self.list,
            "ManageTask": self.manage,
            "PullEvents": self.pull_events,
            "ConfirmEvents": self.confirm_events,
            "DescribeAigcUsageData": self.usage,
        }
        """By name; what they return is the Response, without RequestId."""

    async def create(self, call: Call) -> dict[str, Any]:
        """Accept a video to be made; see `Vendor.create` for what is refused."""
        params = {name: value for name, value in call.params.items() if value is not None}
        if files := params.get("FileInfos"):
            params["FileInfos"] = [_without_content(file) for file in files]
        return {"TaskId": self._vendor.create(call.secret_id, params, call.struck).task_id}

    async def describe(self, call: Call) -> dict[str, Any]:
        """Return one task; Refusal if the account has none of this id, or had it too long ago."""
        task = self._vendor.find(call.secret_id, call.params["TaskId"], call.sub_app_id)
        task.polled = self._vendor.now()
        return self._describer(call).detail(task)

    async def list(self, call: Call) -> dict[str, Any]:
        """Return a page of the application's tasks; see `listing.page` for what is refused."""
        now = self._vendor.settle()
        settings = self._vendor.settings
        visible = Window(now - settings.retention_seconds, now - settings.listing_delay_seconds)
        return page(self._vendor.tasks_of(call.secret_id, call.sub_app_id or 0), call.params, now, visible)

    async def manage(self, call: Call) -> dict[str, Any]:
        """Abort a waiting task; Refusal for any other operation or status."""
        if call.params["OperationType"] != "Abort":
            raise Refusal("InvalidParameterValue.InvalidOperationType", "OperationType must be Abort.")
        self._vendor.abort(self._vendor.find(call.secret_id, call.params["TaskId"], call.sub_app_id))
        return {}

    async def pull_events(self, call: Call) -> dict[str, Any]:
        """Return up to 16 events, waiting up to 5 s (divided by `speed`) for the first.

        Raises:
            Refusal: ResourceNotFound, if none came.
        """
        deadline = self._vendor.clock.monotonic() + LONG_POLL_SECONDS / self._vendor.settings.speed
        while not (batch := self._vendor.events.pull(call.secret_id, call.sub_app_id or 0, self._vendor.settle())):
            if self._vendor.clock.monotonic() >= deadline:
                raise Refusal("ResourceNotFound", "There is no event.")
            await self._vendor.clock.sleep(_LOOK_AGAIN_SECONDS)
        describer = self._describer(call)
        return {
            "EventSet": [
                {
                    "EventHandle": handle,
                    "EventType": "AigcVideoTaskComplete",
                    "AigcVideoCompleteEvent": describer.video_task(task),
                }
                for handle, task in batch
            ]
        }

    async def confirm_events(self, call: Call) -> dict[str, Any]:
        """Forget up to 16 events."""
        handles = call.params["EventHandles"]
        if len(handles) > BATCH:
            raise Refusal("InvalidParameterValue", f"EventHandles must not hold more than {BATCH}.")
        self._vendor.events.confirm(call.secret_id, call.sub_app_id or 0, handles)
        return {}

    async def usage(self, call: Call) -> dict[str, Any]:
        """Return what was made in a time; see `usage.usage` for what is refused."""
        now = self._vendor.settle()
        return usage(self._vendor.tasks_of(call.secret_id, call.sub_app_id or 0), call.params, now)

    def _describer(self, call: Call) -> Describer:
        settings = self._vendor.settings
        return Describer(
            now=self._vendor.now(),
            base_url=call.base_url,
            url_ttl_seconds=settings.url_ttl_seconds,
            longest_side=settings.video_longest_side,
            made=self._videos.sizes,
        )


def _without_content(file: Mapping[str, Any]) -> dict[str, Any]:
    """Return the input file without its Base64 content, which may be megabytes and which nobody looks at."""
    return {**file, "Base64": ""} if file.get("Base64") else dict(file)
