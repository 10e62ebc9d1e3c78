"""A user's program with openai-python as published: `drive.py SCENARIO BASE_URL` prints what came of it, as JSON.

It runs with nothing of ours but this file.
"""

from __future__ import annotations

import base64
import json
import os
import sys
from typing import Any

import openai
from openai import OpenAI

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
MODEL = "Hailuo-2.3"
KEY_HERE = os.environ.get("KEY_HERE", "any")


def shown(video: Any) -> dict[str, Any]:
    return dict(video.model_dump())


def error_of(call: Any) -> dict[str, Any]:
    """Return what a user's `except` sees."""
    try:
        call()
    except openai.APIStatusError as error:
        return {
            "class": type(error).__name__, "status": error.status_code, "message": error.message, "code": error.code,
            "param": error.param, "type": error.type, "request_id": error.request_id,
        }  # fmt: skip
    return {"class": None}


def everything(client: OpenAI) -> dict[str, Any]:
    videos = client.videos
    made = videos.create_and_poll(**FOX, poll_interval_ms=300)
    whole = videos.download_content(made.id).read()
    part = videos.download_content(made.id, extra_headers={"Range": "bytes=0-99"}).read()
    remix = videos.remix(made.id, prompt="a fox sleeps")
    return {
        "version": openai.__version__,
        "made": shown(made),
        "bytes": len(whole),
        "is_mp4": whole[4:8] == b"ftyp",
        "part_is_the_beginning": part == whole[:100],
        "remix": shown(remix),
        "file": shown(videos.create(prompt="a", model=MODEL, input_reference=("first.png", PNG, "image/png"))),
        "object": shown(videos.create(**_with_object())),
        "extras": shown(videos.create(prompt="b", model="sora-2", seconds="8", size="720x1280", extra_body=EXTRAS)),
        "erased": videos.delete(made.id).model_dump(),
        "after_erasing": error_of(lambda: videos.retrieve(made.id)),
    }


def patiently(client: OpenAI) -> dict[str, Any]:
    """Poll as often as the server says."""
    pauses: list[float] = []
    told: list[str] = []
    client._client.event_hooks["response"].append(
        lambda answer: told.append(answer.headers.get("openai-poll-after-ms", ""))
    )
    pause = client.videos._sleep

    def noted(seconds: float) -> None:
        pauses.append(seconds)
        pause(seconds)

    client.videos._sleep = noted  # type: ignore[method-assign]  # to see what it does; it does the same
    made = client.videos.create_and_poll(**FOX)
    first = next(int(each) for each in told if each)
    return {"status": made.status, "told_ms": first, "pauses_ms": [round(each * 1000) for each in pauses]}


FOX: dict[str, Any] = {"prompt": "a fox runs", "model": MODEL, "seconds": "6", "size": "1280x720"}
EXTRAS: dict[str, Any] = {
    "priority": 3,
    "metadata": {"tenant": "a", "urgent": True},
    "negative_prompt": "rain",
    "deadline": "2099-01-01T00:00:00Z",
}


def _with_object() -> dict[str, Any]:
    reference = {"image_url": "https://example.com/first.png"}
    return {"prompt": "a", "model": MODEL, "extra_body": {"input_reference": reference}}


def listing(client: OpenAI) -> dict[str, Any]:
    made = [client.videos.create(prompt=str(n), model=MODEL).id for n in range(7)]
    page = client.videos.list(limit=3)
    cancelled = client.videos.delete(made[0]).model_dump()
    return {
        "made": made,
        "newest_first": [video.id for video in client.videos.list(limit=3)],
        "oldest_first": [video.id for video in client.videos.list(limit=2, order="asc") if video.id in made[1:]],
        "after": [video.id for video in client.videos.list(after=made[3], limit=100) if video.id in made[1:]],
        "page": [video.id for video in page.data],
        "has_more": page.has_more,
        "cancelled": cancelled,
        "then": shown(client.videos.retrieve(made[0])),
        "raw": dict(client.videos.with_raw_response.retrieve(made[1]).headers),
    }


def errors(client: OpenAI) -> dict[str, Any]:
    videos = client.videos
    queued = videos.create(prompt="a", model=MODEL).id
    found = {
        "seconds": error_of(lambda: videos.create(prompt="a", model=MODEL, seconds="7")),  # type: ignore[arg-type]
        "size": error_of(lambda: videos.create(prompt="a", model=MODEL, size="720x1280")),
        "model": error_of(lambda: videos.create(prompt="a", model="nobody")),
        "unknown": error_of(lambda: videos.retrieve("video_0123")),
        "not_ready": error_of(lambda: videos.download_content(queued)),
        "extra": error_of(lambda: videos.create(prompt="a", extra_body={"colour": "red"})),
        "not_a_picture": error_of(lambda: videos.create(prompt="a", model=MODEL, input_reference=b"GIF89a")),
        "key": error_of(lambda: [videos.create(prompt=each, model=MODEL, extra_headers=KEY) for each in "ab"]),
    }
    if hasattr(videos, "edit"):
        found |= {
            "edit": error_of(lambda: videos.edit(prompt="a", video=b"x")),
            "extend": error_of(lambda: videos.extend(prompt="a", video=b"x", seconds="4")),
            "character": error_of(lambda: videos.create_character(name="a", video=b"x")),
        }
    return found


KEY = {"Idempotency-Key": "once"}


def refused(client: OpenAI) -> dict[str, Any]:
    return error_of(lambda: client.videos.create(prompt="a", model=MODEL))


def once(client: OpenAI) -> dict[str, Any]:
    """One create, over a connection that is not what it seems."""
    made = client.videos.create(prompt="once", model=MODEL, input_reference=("first.png", PNG, "image/png"))
    return {"id": made.id, "status": made.status}


if __name__ == "__main__":
    scenario, base_url = sys.argv[1:]
    print(json.dumps(globals()[scenario](OpenAI(base_url=f"{base_url}/v1", api_key=KEY_HERE, timeout=60))))
