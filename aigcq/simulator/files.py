"""Serves the videos: encoded on the first download, kept on disk, gone when the vendor's would be."""

from __future__ import annotations

import asyncio
import functools
import hashlib
import tempfile
from collections import OrderedDict
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response

from aigcq.simulator.describe import expiry, path_of
from aigcq.simulator.vendor import Vendor
from aigcq.simulator.video import Clip, clip_of, encode


class VideoStore:
    """Encoded clips in a temporary folder; one is encoded at a time, so that a demo's machine stays usable."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="encode")
        self._encoding = asyncio.Lock()
        self._sizes: OrderedDict[Clip, int] = OrderedDict()

    @property
    def sizes(self) -> Mapping[Clip, int]:
        """Bytes of each clip that is encoded."""
        return self._sizes

    async def path(self, clip: Clip, cache_bytes: int) -> Path:
        """Return the clip's file, encoding it if need be; others are deleted beyond `cache_bytes`."""
        path = self._path(clip)
        if clip not in self._sizes:
            async with self._encoding:
                if clip not in self._sizes:  # else somebody else has asked for it at the same time
                    await asyncio.get_running_loop().run_in_executor(self._pool, encode, clip, path)
                    self._sizes[clip] = path.stat().st_size
        self._sizes.move_to_end(clip)
        self._trim(cache_bytes)
        return path

    def close(self) -> None:
        """Delete the folder, after the encoding that is under way."""
        self._pool.shutdown(cancel_futures=True)
        if "_folder" in self.__dict__:
            self._folder.cleanup()

    @functools.cached_property
    def _folder(self) -> tempfile.TemporaryDirectory[str]:
        """Made on the first download: most simulators serve none, and not all of them are closed."""
        return tempfile.TemporaryDirectory(prefix="aigcq-simulator-")

    def _path(self, clip: Clip) -> Path:
        digest = hashlib.sha256(repr(clip).encode("utf-8", "backslashreplace")).hexdigest()
        return Path(self._folder.name, f"{digest}.mp4")

    def _trim(self, cache_bytes: int) -> None:
        """Delete the least recently downloaded clips, but never the last one."""
        while len(self._sizes) > 1 and sum(self._sizes.values()) > cache_bytes:
            clip, _ = self._sizes.popitem(last=False)
            self._path(clip).unlink(missing_ok=True)


class Files:
    """The file host that FileUrl points to."""

    def __init__(self, vendor: Vendor, videos: VideoStore) -> None:
        self._vendor = vendor
        self._videos = videos

    async def serve(self, request: Request) -> Response:
        """Answer GET and HEAD, with Range; 404 for a video that is not finished, or no longer kept."""
        now = self._vendor.settle()
        task = self._vendor.find_by_token(request.path_params["token"])
        if task is None or request.url.path != path_of(task) or task.outcome(now) != "succeeded":
            return PlainTextResponse("There is no such video.\n", 404)
        settings = self._vendor.settings
        expires = expiry(task, settings.url_ttl_seconds)
        if expires is not None and now >= expires:
            return PlainTextResponse("The video has expired.\n", 404)
        clip = clip_of(task, settings.video_longest_side)
        path = await self._videos.path(clip, settings.video_cache_bytes)
        return FileResponse(path, media_type="video/mp4")
