"""A client of Replicate's protocol, for the tests of it."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from aigcq.model import Event
from tests.api.conftest import Service

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
DATA_URL = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
MODEL = "/v1/models/minimax/hailuo-2.3/predictions"
FOX: Mapping[str, Any] = {"prompt": "a fox"}


def post(service: Service, path: str = MODEL, headers: Mapping[str, str] | None = None, **body: Any) -> dict[str, Any]:
    answer = service.http.post(path, json={"input": dict(FOX)} | body, headers=headers)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def refusal(service: Service, path: str = MODEL, headers: Mapping[str, str] | None = None, **body: Any) -> str:
    """Return `detail` of the refusal; nothing was enqueued."""
    answer = service.http.post(path, json={"input": dict(FOX)} | body, headers=headers)
    assert answer.status_code == 422, answer.text
    assert {"title", "detail", "status"} <= set(answer.json())
    assert service.http.get("/aigc/queue/info").json()["queue_length"] == 0
    return str(answer.json()["detail"])


def request_of(service: Service, prediction: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the vendor will be sent."""
    return dict(service.http.get(f"/aigc/status/{prediction['id']}").json()["request"])


def settle(service: Service, event: Event, outcome: Mapping[str, Any]) -> None:
    (delivery,) = service.on_store(service.store.deliveries.claim, "w", 1).deliveries
    service.on_store(service.store.deliveries.settle, delivery, event, outcome, error_code=outcome.get("code", ""))
