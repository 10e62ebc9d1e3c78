"""A user's program with Replicate's Python library as published: `replicate_drive.py SCENARIO BASE_URL`.

It prints what came of it, as JSON, and runs with nothing of ours but this file. The library has two generations: the
first has its own classes, the second is generated, and wants `/v1` in its base URL.
"""

from __future__ import annotations

import base64
import importlib.metadata
import io
import json
import os
import sys
from typing import Any

import replicate

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
MODEL = "minimax/hailuo-2.3"
KEY_HERE = os.environ.get("KEY_HERE", "any")
OWNER, NAME = MODEL.split("/")
FOX: dict[str, Any] = {"prompt": "a fox runs", "duration": 6}
SECOND = hasattr(replicate, "APIStatusError")
ERROR: Any = replicate.APIStatusError if SECOND else replicate.exceptions.ReplicateError


def client_of(base_url: str) -> Any:
    if SECOND:
        return replicate.Replicate(bearer_token=KEY_HERE, base_url=f"{base_url}/v1")
    return replicate.Client(api_token=KEY_HERE, base_url=base_url)


def shown(thing: Any) -> dict[str, Any]:
    return dict(json.loads(thing.model_dump_json() if SECOND else thing.json()))


def picture() -> io.BytesIO:
    file = io.BytesIO(PNG)
    file.name = "first.png"
    return file


def create(client: Any, given: dict[str, Any], **more: Any) -> Any:
    if SECOND:
        return client.models.predictions.create(model_owner=OWNER, model_name=NAME, input=given, **more)
    return client.models.predictions.create(MODEL, given, **more)


def get(client: Any, prediction_id: str) -> Any:
    return client.predictions.get(prediction_id=prediction_id) if SECOND else client.predictions.get(prediction_id)


def cancel(client: Any, prediction_id: str) -> Any:
    cancel_it = client.predictions.cancel
    return cancel_it(prediction_id=prediction_id) if SECOND else cancel_it(prediction_id)


def waited(client: Any, made: Any) -> dict[str, Any]:
    if SECOND:
        return shown(client.predictions.wait(made.id))
    made.wait()
    return shown(made)


def error_of(call: Any) -> dict[str, Any]:
    """Return what a user's `except` sees."""
    try:
        call()
    except ERROR as error:
        if SECOND:
            return {"status": error.status_code, "detail": dict(error.body)["detail"]}
        return {"status": error.status, "detail": error.detail}
    return {"status": None}


def everything(client: Any) -> dict[str, Any]:
    url = client.run(MODEL, input=FOX)
    by_version = client.run(f"{MODEL}:hailuo-2.3", input=FOX)
    return {
        "version": importlib.metadata.version("replicate"),
        "url": str(url),
        "by_version": str(by_version),
        "polled": str(client.run(MODEL, input=FOX, wait=False)),
        "outlasted": str(client.run(MODEL, input={**FOX, "prompt": "patience"}, wait=1)),
        "made": waited(client, create(client, FOX)),
        "file": waited(client, create(client, {**FOX, "first_frame_image": picture()})),
        "data": waited(client, create(client, {**FOX, "image": picture()}, file_encoding_strategy="base64")),
    }


def asking(client: Any) -> dict[str, Any]:
    made = [create(client, {**FOX, "prompt": f"fox {number}"}) for number in range(53)]
    first = client.predictions.list()
    hooked = create(
        client, FOX, webhook="https://hooks.example/a", webhook_events_filter=["completed"],
    )  # fmt: skip
    if SECOND:
        listed = [each.id for each in first]  # walks through all pages
        model, account = client.models.get(model_owner=OWNER, model_name=NAME), client.account.get()
        by_version = client.predictions.create(version=MODEL, input=FOX)
    else:
        listed = [each.id for page in replicate.pagination.paginate(client.predictions.list) for each in page]
        model, account = client.models.get(MODEL), client.accounts.current()
        by_version = client.predictions.create(version=MODEL, input=FOX)
    held = create(client, {**FOX, "prompt": "held"}, **({"prefer": "wait=1"} if SECOND else {"wait": 1}))
    return {
        "made": [each.id for each in made],
        "listed": listed,
        "first": len(first.results),
        "hooked": shown(hooked),
        "held": shown(held),
        "by_version": shown(by_version),
        "canceled": shown(cancel(client, made[0].id)),
        "then": shown(get(client, made[0].id)),
        "model": shown(model),
        "account": shown(account),
    }


def errors(client: Any) -> dict[str, Any]:
    secret = client.webhooks.default.secret
    return {
        "input": error_of(lambda: create(client, {**FOX, "fps": 24})),
        "duration": error_of(lambda: create(client, {**FOX, "duration": 7})),
        "model": error_of(lambda: client.run("nobody/nothing", input=FOX)),
        "version": error_of(lambda: client.predictions.create(version="5c7d5dc6", input=FOX)),
        "unknown": error_of(lambda: get(client, "gm3qorzdhgbfurvjtvhg6dckhu")),
        "file": error_of(lambda: create(client, {**FOX, "image": io.BytesIO(b"GIF89a")})),
        "secret": error_of(lambda: secret.get() if SECOND else secret()),
    }


def once(client: Any) -> dict[str, Any]:
    """One create, over a connection that is not what it seems."""
    return shown(create(client, {**FOX, "prompt": "once"}))


if __name__ == "__main__":
    scenario, address = sys.argv[1:]
    print(json.dumps(globals()[scenario](client_of(address))))
