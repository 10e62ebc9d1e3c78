"""What a person meets who has not read the documentation: words that say what to do."""

from __future__ import annotations

from unittest.mock import Mock

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr
from starlette.types import Message

from aigcq.api import create_app, native
from aigcq.config import Settings
from tests.api.conftest import Service

JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize("path", ["/health/live", "/aigc/queue/info", "/aigc/models", "/docs", "/openapi.json"])
def test_head_answers_as_get_does_without_a_body(service: Service, path: str) -> None:
    answer = service.http.head(path)

    assert answer.status_code == 200
    assert answer.content == b""
    assert int(answer.headers["content-length"]) == len(service.http.get(path).content)


def test_head_creates_nothing(service: Service) -> None:
    assert service.http.head("/aigc/create").status_code == 405


@pytest.mark.parametrize(
    "headers", [{}, {"Content-Type": "text/plain"}, {"Content-Type": "application/x-www-form-urlencoded"}]
)
def test_json_that_is_not_called_json_is_told_how_to_be_sent(service: Service, headers: dict[str, str]) -> None:
    problem = service.http.post("/aigc/create", content=b'{"prompt": "a"}', headers=headers).json()

    assert (problem["status"], problem["errors"][0]["field"]) == (422, "body")
    assert "Content-Type: application/json" in problem["detail"]


def test_broken_json_is_told_where_it_breaks(service: Service) -> None:
    problem = service.http.post("/aigc/create", content=b'{"prompt":', headers=JSON).json()

    assert problem["detail"] == "body: is not JSON: Expecting value at character 10"


def test_text_that_is_not_utf_8_is_told_so(service: Service) -> None:
    problem = service.http.post("/aigc/create", content='{"prompt": "你好"}'.encode("gbk"), headers=JSON).json()

    assert "UTF-8" in problem["detail"]


def test_an_id_that_is_none_is_told_where_ids_come_from(service: Service) -> None:
    problem = service.http.get("/aigc/status/{task_id}").json()

    assert problem["detail"] == "task_id: must be a task id, as POST /aigc/create returned it"


def test_a_wrong_method_is_told_the_right_one(service: Service) -> None:
    answer = service.http.get("/aigc/create")

    assert answer.headers["allow"] == "POST"
    assert answer.json()["detail"] == "GET does not work at /aigc/create: it takes POST."


def test_a_wrong_address_is_repeated(service: Service) -> None:
    assert service.http.get("/aigc/nothing").json()["detail"] == "There is nothing at /aigc/nothing."


def test_an_idempotency_key_may_be_chinese(service: Service) -> None:
    headers = {"Idempotency-Key": "订单一".encode()}
    first, again = [service.http.post("/aigc/create", json={"prompt": "a"}, headers=headers) for _ in range(2)]

    assert first.status_code == 200, first.text
    assert again.json()["task_id"] == first.json()["task_id"]


def test_a_refused_idempotency_key_is_named(service: Service) -> None:
    headers = {"Idempotency-Key": "a" * 256}

    problem = service.http.post("/aigc/create", json={"prompt": "a"}, headers=headers).json()

    assert problem["detail"] == "Idempotency-Key must be at most 255 printable characters."


def test_a_new_task_is_one_line_of_the_log_without_its_prompt(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = Mock()
    monkeypatch.setattr(native, "log", log)

    task_id = service.http.post("/aigc/create", json={"prompt": "a secret"}).json()["task_id"]

    log.info.assert_called_once_with("queued", task=task_id, model="Hailuo-2.3", position=1)


@pytest.mark.asyncio
async def test_what_keeps_the_api_from_starting_is_a_sentence_and_no_traceback(settings: Settings) -> None:
    own = settings.model_copy(update={"redis_url": SecretStr("http://:geheim@nowhere")})
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "lifespan.startup"}

    async def send(message: Message) -> None:
        sent.append(message)

    with pytest.raises(Exception, match="REDIS_URL"):
        await create_app(own)({"type": "lifespan", "state": {}}, receive, send)

    (failed,) = sent
    assert failed["type"] == "lifespan.startup.failed"
    assert failed["message"].startswith("aigcq: REDIS_URL must be like ")
    assert "Traceback" not in failed["message"]
    assert "geheim" not in failed["message"]


def test_the_first_line_says_where_redis_is_without_its_password(
    settings: Settings, redis_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    own = settings.model_copy(update={"redis_url": SecretStr("redis://:geheim@127.0.0.1:1/0")})

    with TestClient(create_app(own)):
        said = capsys.readouterr().err

    assert "redis=redis://127.0.0.1:1/0" in said
    assert "geheim" not in said


def test_the_openapi_document_gives_problems_their_media_type_and_an_example(service: Service) -> None:
    document = service.http.get("/openapi.json").json()

    content = document["paths"]["/aigc/create"]["post"]["responses"]["422"]["content"]
    assert content == {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for name in ("CreateTask", "TaskCreated", "QueueInfo", "Problem"):
        assert document["components"]["schemas"][name]["examples"], name
