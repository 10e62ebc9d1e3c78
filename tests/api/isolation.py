"""What one tenant has, and every operation of the API as another tenant may try it on that."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from aigcq.caller import Scope
from aigcq.model import Event
from aigcq.store.outbox import Call
from tests.api.conftest import Service
from tests.api.keyed import key
from tests.api.replicate import PNG

VIDEO: Final = {"prompt": "a fox", "model_name": "Hailuo", "model_version": "2.3"}
CREATE, READ, ADMIN = Scope.CREATE, Scope.READ, Scope.ADMIN
IDS: Final = ("task_id", "video_id", "prediction_id", "file_id")
"""Parameters that take the id of something that is one tenant's."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """How an operation is called, and what that takes."""

    scope: Scope | None
    """None: it is open to all."""
    body: Mapping[str, Any] | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    file: bool = False
    """A picture is sent."""


INPUT: Final = {"input": {"prompt": "a fox"}}
OPERATIONS: Final[Mapping[str, Case]] = {
    "POST /aigc/create": Case(scope=CREATE, body=VIDEO),
    "GET /aigc/status/{task_id}": Case(scope=READ),
    "GET /aigc/queue/info": Case(scope=READ),
    "GET /aigc/models": Case(scope=READ),
    "POST /aigc/batch": Case(scope=CREATE, body={"items": [VIDEO]}),
    "GET /aigc/tasks": Case(scope=READ),
    "POST /aigc/tasks/{task_id}/cancel": Case(scope=CREATE),
    "POST /aigc/tasks/{task_id}/requeue": Case(scope=CREATE, body={"force": True}),
    "POST /aigc/tasks/{task_id}/priority": Case(scope=CREATE, body={"priority": 5}),
    "GET /aigc/tasks/{task_id}/events": Case(scope=READ),
    "GET /aigc/events": Case(scope=READ, query={"last_event_id": "1-1"}),
    "GET /aigc/videos/{task_id}": Case(scope=READ),
    "GET /aigc/videos/{task_id}/thumbnail": Case(scope=READ),
    "DELETE /aigc/tasks/{task_id}": Case(scope=CREATE),
    "GET /aigc/webhooks/deliveries": Case(scope=READ, query={"task_id": "{task_id}"}),
    "POST /aigc/webhooks/deliveries/{task_id}/replay": Case(scope=CREATE),
    "POST /v1/videos": Case(scope=CREATE, body={"prompt": "a fox", "model": "Hailuo-2.3"}),
    "GET /v1/videos": Case(scope=READ),
    "GET /v1/videos/{video_id}": Case(scope=READ),
    "DELETE /v1/videos/{video_id}": Case(scope=CREATE),
    "GET /v1/videos/{video_id}/content": Case(scope=READ),
    "POST /v1/videos/{video_id}/remix": Case(scope=CREATE, body={"prompt": "a fox sleeps"}),
    "GET /v1/models": Case(scope=READ),
    "GET /v1/models/{model}": Case(scope=READ),
    "POST /v1/predictions": Case(scope=CREATE, body={**INPUT, "version": "minimax/hailuo-2.3"}),
    "GET /v1/predictions": Case(scope=READ),
    "POST /v1/models/{owner}/{name}/predictions": Case(scope=CREATE, body=INPUT),
    "POST /v1/models/{owner}/{name}/versions/{version_id}/predictions": Case(scope=CREATE, body=INPUT),
    "GET /v1/predictions/{prediction_id}": Case(scope=READ),
    "POST /v1/predictions/{prediction_id}/cancel": Case(scope=CREATE),
    "GET /v1/models/{owner}/{name}": Case(scope=READ),
    "GET /v1/models/{owner}/{name}/versions": Case(scope=READ),
    "GET /v1/models/{owner}/{name}/versions/{version_id}": Case(scope=READ),
    "GET /v1/account": Case(scope=READ),
    "GET /v1/webhooks/default/secret": Case(scope=READ),
    "POST /v1/files": Case(scope=CREATE, file=True),
    "DELETE /v1/files/{file_id}": Case(scope=CREATE),
    "GET /aigc/spend": Case(scope=READ),
    "GET /aigc/spend.csv": Case(scope=READ, query={"by": "task"}),
    "GET /aigc/keys": Case(scope=ADMIN),
    "POST /aigc/keys": Case(scope=ADMIN, body={"scopes": ["admin"]}),
    "POST /aigc/keys/{key_id}/rotate": Case(scope=ADMIN),
    "DELETE /aigc/keys/{key_id}": Case(scope=ADMIN),
    "GET /aigc/audit": Case(scope=ADMIN),
    "GET /aigc/tenants": Case(scope=ADMIN),
    "GET /aigc/tenants/{tenant}": Case(scope=ADMIN),
    "PUT /aigc/tenants/{tenant}": Case(scope=ADMIN, body={"weight": 1000}),
    "DELETE /aigc/tenants/{tenant}": Case(scope=ADMIN),
    "GET /aigc/metrics/history": Case(scope=ADMIN),
    "GET /aigc/queue/history": Case(scope=READ),
    "GET /aigc/tasks/{task_id}/timeline": Case(scope=READ),
    "POST /aigc/queue/pause": Case(scope=ADMIN, body={"reason": "because"}),
    "POST /aigc/queue/resume": Case(scope=ADMIN),
    "GET /aigc/workers": Case(scope=ADMIN),
    "POST /aigc/workers/{consumer}/drain": Case(scope=ADMIN),
    "GET /aigc/dead": Case(scope=ADMIN),
    "POST /aigc/dead/requeue": Case(scope=ADMIN, body={"task_ids": ["0a0a0a0a-0000-4000-8000-00000000000f"]}),
    "GET /aigc/queue/limit": Case(scope=ADMIN),
    "PUT /aigc/queue/limit": Case(scope=ADMIN, body={"maximum": 3}),
    "DELETE /aigc/queue/limit": Case(scope=ADMIN),
    "GET /metrics": Case(scope=ADMIN),
    "GET /health": Case(scope=None),
    "GET /health/live": Case(scope=None),
}
"""Every operation in the OpenAPI document; one that is missing here fails `test_isolation`."""
CREATES: Final = [
    name
    for name, case in OPERATIONS.items()
    if name.startswith("POST") and "_id}" not in name and case.scope is CREATE and not case.file
] + [  # fmt: skip
    "POST /v1/models/{owner}/{name}/versions/{version_id}/predictions"
]
LISTS: Final = {"GET /aigc/tasks": "cursor", "GET /v1/predictions": "cursor", "GET /v1/videos": "after"}
_PARAMETERS: Final = {
    "owner": "minimax", "name": "hailuo-2.3", "version_id": "hailuo-2.3", "model": "Hailuo-2.3", "tenant": "red",
    "key_id": "0123456789ab", "consumer": "w",
}  # fmt: skip


def call(
    service: Service,
    name: str,
    headers: Mapping[str, str] | None = None,
    named: str = "",
    *,
    body: Any = None,
    method: str = "",
    **query: str,
) -> Any:
    """Call an operation; `named` is in place of every id, else one that nothing has."""
    verb, _, path = name.partition(" ")
    given = _PARAMETERS | dict.fromkeys(IDS, named or str(uuid4()))
    given |= {"key_id": named} if named and "{key_id}" in path else {}
    case = OPERATIONS[name]
    asked = {key: value.format(**given) for key, value in case.query.items()} | query
    sent = body if body is not None else case.body
    return service.http.request(
        method or verb, path.format(**given), headers=headers, params=asked, follow_redirects=False,
        files={"content": ("a.png", PNG, "image/png")} if case.file else None,
        **({"json": sent} if sent is not None else {}),
    )  # fmt: skip


@dataclass(frozen=True)
class Victim:
    """What one tenant has of every kind, and the words that nobody else may read."""

    header: dict[str, str]
    mark: str
    ids: Mapping[str, str]
    """Kind -> id."""

    def is_in(self, text: str) -> bool:
        return any(word in text for word in (self.mark, *self.ids.values()))


def settle_victim(service: Service, tenant: str) -> Victim:
    """Give a tenant tasks in every state, with a kept video, a file, a webhook, and what it was told."""
    header, mark = key(service, tenant), f"private-{uuid4().hex}"
    hook = {"url": f"https://hooks.example/{mark}", "events": ["start", "end"]}

    def create(prompt: str = mark, **fields: Any) -> str:
        made = service.http.post("/aigc/create", json={**VIDEO, "prompt": prompt, **fields}, headers=header)
        return str(made.json()["task_id"])

    ids = {"completed": create(webhook=hook, metadata={"label": mark}), "failed": create()}
    service.on_store(_run, service, ids)
    ids |= {"queued": create(webhook=hook), "file": _file_of(service, header, mark)}
    picture = service.http.post(
        "/v1/videos", data={"prompt": mark, "model": "Hailuo-2.3"}, headers=header,
        files={"input_reference": (f"{mark}.png", PNG, "image/png")},
    )  # fmt: skip
    ids["picture"] = picture.json()["id"]
    return Victim(header, mark, ids)


def _file_of(service: Service, header: dict[str, str], mark: str) -> str:
    made = service.http.post("/v1/files", headers=header, files={"content": (f"{mark}.png", PNG, "image/png")})
    return str(made.json()["id"])


async def _run(service: Service, ids: Mapping[str, str]) -> None:
    store, film = service.store, b"film of the victim"
    stored = {"key": "k", "bytes": len(film), "md5": "0" * 32, "content_type": "video/mp4", "thumbnail": "x"}
    taken = {each.task_id: each for each in (await store.deliveries.claim("w", 2)).deliveries}
    await store.files.keep(taken[ids["completed"]], stored)
    outcome = {"video_url": "https://v/1.mp4", "stored": stored}
    await store.deliveries.settle(taken[ids["completed"]], Event.SUCCEED, outcome)
    error = {"code": "vendor_rejected", "message": "no"}
    await store.deliveries.settle(taken[ids["failed"]], Event.FAIL, error, error_code="vendor_rejected")
    notes, _ = await store.outbox.take(10, 15)
    for note in notes:
        await store.outbox.done(note, Call(receiver="r", host="hooks.example", status=200))
    path = Path("videos", ids["completed"][:2], ids["completed"])
    path.parent.mkdir(parents=True)
    for suffix in (".mp4", ".jpg"):
        path.with_suffix(suffix).write_bytes(film)


BY_ITSELF: Final = ("key", "meta", "historian", "history:", ".*:timeline", "probe")


async def everything(service: Service, *besides: str) -> Mapping[str, Any]:
    """Return all that the queue has in Redis, but for what is known of keys, and what `besides` matches.

    Nor what is written by itself while time goes by: the history, and the probe of who asks how Redis is.
    """
    client, prefix = service.store.connection.client, service.store.connection.keys.prefix
    names = sorted([str(name) async for name in client.scan_iter(match=prefix + "*", count=1000)])
    kept = [name for name in names if not re.match("|".join((*BY_ITSELF, *besides)), name.removeprefix(prefix))]
    return {name: await _value(client, name) for name in kept}


async def _value(client: Any, name: str) -> Any:
    match await client.type(name):
        case "hash":
            return await client.hgetall(name)
        case "zset":
            return await client.zrange(name, 0, -1, withscores=True)
        case "stream":
            return await client.xrange(name)
        case "set":
            return await client.smembers(name)
    return await client.get(name)


def told(answer: Any, named: str) -> tuple[int, Mapping[str, str], str]:
    """Return what an answer says, but for the id that was asked for and what differs every time."""
    varying = ("date", "x-request-id")
    headers = {name: value.replace(named, "ID") for name, value in answer.headers.items() if name not in varying}
    return answer.status_code, headers, answer.text.replace(named, "ID")


def operations_of(document: Mapping[str, Any]) -> Iterator[str]:
    """Return the operations that the document knows, by the names that they have here."""
    for path, operations in document["paths"].items():
        shown = path.replace("/aigc/tenants/{name}", "/aigc/tenants/{tenant}")
        yield from (f"{method.upper()} {shown}" for method in operations)
