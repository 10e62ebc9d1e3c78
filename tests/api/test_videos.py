"""Fetching what a task came to, and erasing it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from hashlib import md5
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from pydantic import SecretStr

from aigcq.errors import StorageUnavailable
from aigcq.model import Event
from tests.api.conftest import Service
from tests.integration.steps import claim, enqueue, submitted

pytestmark = pytest.mark.settings(storage="videos")  # in the test's own folder

FILM = bytes(range(256)) * 40
MD5 = md5(FILM).hexdigest()
PICTURE = b"\xff\xd8 a picture"
SOURCE = "https://v/1.mp4"


async def _completed(service: Service, outcome: dict[str, Any], keep: bool) -> str:
    store = service.store
    (task_id,) = await enqueue(store)
    (delivery,) = await claim(store)
    delivery = await submitted(store, delivery)
    if keep:
        await store.files.keep(delivery, outcome["stored"])
    await store.deliveries.settle(delivery, Event.SUCCEED, outcome)
    return task_id


def _file(task_id: str, suffix: str = ".mp4") -> Path:
    return Path("videos", task_id[:2], task_id + suffix)


@pytest.fixture
def kept(service: Service) -> Iterator[str]:
    """A completed task whose video and picture are kept."""
    stored = {"key": "../../etc/passwd", "bytes": len(FILM), "md5": MD5, "content_type": "video/mp4", "thumbnail": "x"}
    task_id = service.on_store(_completed, service, {"video_url": SOURCE, "stored": stored}, True)
    _file(task_id).parent.mkdir(parents=True)
    _file(task_id).write_bytes(FILM)
    _file(task_id, ".jpg").write_bytes(PICTURE)
    yield task_id


@pytest.fixture
def fetch(service: Service, kept: str) -> Callable[..., Any]:
    def get(method: str = "GET", part: str = "", **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return service.http.request(method, f"/aigc/videos/{kept}{part}", headers=named, follow_redirects=False)

    return get


def test_a_kept_video_is_served_as_what_it_is(fetch: Callable[..., Any], kept: str) -> None:
    answer = fetch()

    assert (answer.status_code, answer.content) == (200, FILM)
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.headers["content-length"] == str(len(FILM))
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["etag"] == f'"{MD5}"'
    assert answer.headers["cache-control"] == "private"
    assert answer.headers["content-disposition"] == f'inline; filename="{kept}.mp4"'


def test_a_picture_of_it_is_served_beside_it(fetch: Callable[..., Any]) -> None:
    answer = fetch(part="/thumbnail")

    assert (answer.status_code, answer.content) == (200, PICTURE)
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["etag"] == f'"{MD5}-thumbnail"'


def test_head_tells_the_length_and_reads_nothing(fetch: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("anyio.open_file", None)

    answer = fetch("HEAD")

    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == str(len(FILM))


@pytest.mark.parametrize(
    ("asked", "first", "last"), [("bytes=0-9", 0, 9), ("bytes=100-", 100, len(FILM) - 1), ("bytes=-5", -5, None)]
)
def test_a_part_is_served(fetch: Callable[..., Any], asked: str, first: int, last: int | None) -> None:
    answer = fetch(Range=asked)

    part = FILM[first : None if last is None else last + 1]
    assert (answer.status_code, answer.content) == (206, part)
    assert answer.headers["content-length"] == str(len(part))
    assert answer.headers["content-range"].endswith(f"/{len(FILM)}")


def test_a_part_beyond_the_end_is_refused_with_the_length(fetch: Callable[..., Any]) -> None:
    answer = fetch(Range=f"bytes={len(FILM)}-")

    assert (answer.status_code, answer.headers["content-range"]) == (416, f"bytes */{len(FILM)}")


@pytest.mark.parametrize("asked", ["bytes=9-0", "bytes=a-b", "bytes=", "lines=1-2", "bytes=" + "9" * 5000 + "-", "-"])
def test_a_range_that_makes_no_sense_is_as_if_it_were_not_there(fetch: Callable[..., Any], asked: str) -> None:
    assert (fetch(Range=asked).status_code, fetch(Range=asked).content) == (200, FILM)


@pytest.mark.parametrize("tag", [f'"{MD5}"', f'W/"{MD5}"', f'"x", "{MD5}"', "*"])
def test_who_has_it_already_is_told_so(fetch: Callable[..., Any], tag: str) -> None:
    answer = fetch(If_None_Match=tag)

    assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", f'"{MD5}"')


def test_who_has_another_one_gets_it(fetch: Callable[..., Any]) -> None:
    assert fetch(If_None_Match='"other"').status_code == 200


def test_a_part_is_served_only_of_the_file_that_the_client_knows(fetch: Callable[..., Any]) -> None:
    assert fetch(Range="bytes=0-9", If_Range=f'"{MD5}"').status_code == 206
    assert fetch(Range="bytes=0-9", If_Range='"other"').content == FILM


def test_the_status_names_our_address_and_the_vendors(service: Service, kept: str) -> None:
    result = service.http.get(f"/aigc/status/{kept}").json()["result"]

    assert result == {
        "video_url": f"http://testserver/aigc/videos/{kept}",
        "source_url": SOURCE,
        "thumbnail_url": f"http://testserver/aigc/videos/{kept}/thumbnail",
        "stored": {"bytes": len(FILM), "md5": MD5, "content_type": "video/mp4"},
    }
    assert service.http.get(result["video_url"]).content == FILM


@pytest.mark.settings(storage="videos", public_url="https://video.example.com/")
def test_our_address_is_the_public_one(service: Service, kept: str) -> None:
    result = service.http.get(f"/aigc/status/{kept}").json()["result"]

    assert result["video_url"] == f"https://video.example.com/aigc/videos/{kept}"


@pytest.mark.parametrize("outcome", [{"video_url": SOURCE}, {"video_url": SOURCE, "stored": None}])
def test_what_is_not_kept_is_at_the_vendors(service: Service, outcome: dict[str, Any]) -> None:
    task_id = service.on_store(_completed, service, outcome, False)

    answer = service.http.get(f"/aigc/videos/{task_id}", follow_redirects=False)

    assert (answer.status_code, answer.headers["location"]) == (307, SOURCE)
    assert service.http.get(f"/aigc/status/{task_id}").json()["result"] == outcome
    assert service.http.get(f"/aigc/videos/{task_id}/thumbnail").json()["code"] == "video_gone"


def test_what_is_kept_no_longer_is_at_the_vendors(fetch: Callable[..., Any], kept: str) -> None:
    _file(kept).unlink()

    assert fetch().status_code == 307


def test_what_has_expired_at_the_vendors_too_is_gone(service: Service) -> None:
    outcome = {"video_url": SOURCE, "expires_at": "2020-01-01T00:00:00Z"}
    task_id = service.on_store(_completed, service, outcome, False)

    answer = service.http.get(f"/aigc/videos/{task_id}", follow_redirects=False)

    assert (answer.status_code, answer.json()["code"]) == (404, "video_gone")


@pytest.mark.parametrize("part", ["", "/thumbnail"])
def test_what_is_not_completed_has_no_video_yet(service: Service, part: str) -> None:
    (task_id,) = service.on_store(enqueue, service.store)

    answer = service.http.get(f"/aigc/videos/{task_id}{part}")

    assert (answer.status_code, answer.json()["code"]) == (404, "video_not_ready")


@pytest.mark.parametrize("path", ["..%2f..%2fetc%2fpasswd", "../../etc/passwd", "%2e%2e", "x" * 36])
def test_only_the_id_of_a_task_names_a_file(service: Service, path: str) -> None:
    assert service.http.get(f"/aigc/videos/{path}").status_code in (404, 422)


def test_the_file_outlives_the_record_of_its_task(service: Service, fetch: Callable[..., Any], kept: str) -> None:
    keys = service.store.connection.keys
    service.on_store(service.store.connection.client.delete, keys.task(kept), keys.request(kept), keys.result(kept))

    assert (fetch().status_code, fetch().content) == (200, FILM)
    assert fetch("DELETE", "").status_code == 405
    assert service.http.delete(f"/aigc/tasks/{kept}").status_code == 204
    assert fetch().json()["code"] == "task_not_found"


def test_erasing_leaves_nothing_but_that_there_was_a_task(
    service: Service, fetch: Callable[..., Any], kept: str
) -> None:
    answer = service.http.delete(f"/aigc/tasks/{kept}")

    keys, client = service.store.connection.keys, service.store.connection.client
    gone = [keys.request(kept), keys.result(kept), keys.file(kept)]
    assert (answer.status_code, answer.content) == (204, b"")
    assert list(_file(kept).parent.iterdir()) == []
    assert service.on_store(client.exists, *gone) == 0
    assert service.on_store(client.zscore, keys.stored, kept) is None
    assert service.on_store(client.exists, keys.task(kept)) == 1
    assert fetch().status_code == 404
    assert service.http.get(f"/aigc/status/{kept}").status_code == 404
    assert service.http.delete(f"/aigc/tasks/{kept}").status_code == 404


def test_what_has_not_ended_is_not_erased(service: Service) -> None:
    (task_id,) = service.on_store(enqueue, service.store)

    answer = service.http.delete(f"/aigc/tasks/{task_id}")

    assert (answer.status_code, answer.json()["code"]) == (409, "task_open")
    assert service.http.get(f"/aigc/status/{task_id}").json()["status"] == "queued"


def test_a_task_that_never_was_cannot_be_erased(service: Service) -> None:
    assert service.http.delete(f"/aigc/tasks/{uuid4()}").json()["code"] == "task_not_found"


def test_a_file_that_cannot_be_deleted_keeps_the_task_from_being_erased(service: Service, kept: str) -> None:
    service.http.app.state.storage = None  # type: ignore[attr-defined]  # Starlette's

    answer = service.http.delete(f"/aigc/tasks/{kept}")

    assert (answer.status_code, answer.json()["code"]) == (503, "storage_unavailable")
    assert service.http.get(f"/aigc/status/{kept}").status_code == 200


@pytest.mark.parametrize("where", ["s3://videos/made", "folder:/mnt/old"])
def test_what_is_kept_in_another_storage_is_not_erased(service: Service, kept: str, where: str) -> None:
    store = service.store
    file, client = store.connection.keys.file(kept), store.connection.client
    record = service.on_store(store.files.get, kept)
    service.on_store(client.set, file, json.dumps({**record, "where": where}))
    if where.startswith("folder"):  # in a folder that is this one by another name it would be here
        _file(kept).unlink()

    answer = service.http.delete(f"/aigc/tasks/{kept}")

    assert (answer.status_code, answer.json()["code"]) == (503, "storage_unavailable")
    assert where not in answer.text
    assert service.http.get(f"/aigc/status/{kept}").status_code == 200
    assert service.on_store(store.files.get, kept)
    service.on_store(store.files.forget, kept)


def test_a_shared_folder_may_have_another_name_here(service: Service, kept: str) -> None:
    store = service.store
    record = service.on_store(store.files.get, kept)
    named = json.dumps({**record, "where": "folder:/mnt/videos"})
    service.on_store(store.connection.client.set, store.connection.keys.file(kept), named)

    assert service.http.delete(f"/aigc/tasks/{kept}").status_code == 204
    assert not _file(kept).exists()


@pytest.mark.parametrize("path", ["/aigc/videos/{}", "/v1/videos/{}/content"])
def test_what_the_storage_says_of_itself_is_for_the_log_only(service: Service, kept: str, path: str) -> None:
    class Bucket:
        def path(self, key: str) -> None:
            return None

        async def size(self, key: str) -> int:
            raise StorageUnavailable("http://10.0.0.9:9000/secret-bucket/prefix refuses")

    service.http.app.state.storage = Bucket()  # type: ignore[attr-defined]  # Starlette's

    answer = service.http.get(path.format(kept), follow_redirects=False)

    assert answer.status_code == 503
    assert "cannot be reached, is full, or refuses" in answer.text and "10.0.0.9" not in answer.text


def test_the_settings_of_a_bucket_are_secrets(service: Service) -> None:
    settings = service.http.app.state.settings  # type: ignore[attr-defined]  # Starlette's

    named = {name: value for name, value in dict(settings).items() if name.startswith("storage_") and "key" in name}

    assert named and all(isinstance(value, SecretStr) for value in named.values())


def test_the_files_of_what_has_not_ended_are_left_alone(service: Service) -> None:
    (task_id,) = service.on_store(enqueue, service.store)
    _file(task_id).parent.mkdir(parents=True)
    _file(task_id).write_bytes(FILM)  # a worker is about to say that it is kept

    service.http.delete(f"/aigc/tasks/{task_id}")

    assert _file(task_id).exists()
