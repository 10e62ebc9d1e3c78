"""What Replicate's clients ask for becomes tasks; what its libraries make of the answers is in tests/clients."""

from __future__ import annotations

import base64
from typing import Any
from uuid import uuid4

import pytest

from tests.api.conftest import Service
from tests.api.replicate import DATA_URL, FOX, PNG, post, refusal, request_of


def test_a_prediction_has_every_field_that_the_libraries_read(service: Service) -> None:
    made = post(service)

    assert (made["status"], made["output"], made["error"]) == ("starting", None, None)
    assert (made["model"], made["version"], made["source"]) == ("minimax/hailuo-2.3", "hailuo-2.3", "api")
    assert (made["data_removed"], made["metrics"], made["logs"]) == (False, {}, "queued, position 1\n")
    assert made["input"]["prompt"] == "a fox"
    assert made["urls"]["get"] == f"http://testserver/v1/predictions/{made['id']}"
    assert service.http.get(made["urls"]["get"]).json() == made
    assert service.http.get(made["urls"]["web"]).json()["task_id"] == made["id"]


@pytest.mark.parametrize(
    ("path", "body", "model"),
    [
        ("/v1/models/anyone/Hailuo-2.3/predictions", {}, "Hailuo-2.3"),
        ("/v1/models/kwaivgi/kling-v2.5/predictions", {}, "Kling-2.5"),
        ("/v1/models/openai/sora-2/predictions", {}, "Kling-3.0"),
        ("/v1/models/minimax/hailuo-02/versions/hailuo-02/predictions", {}, "Hailuo-02"),
        ("/v1/predictions", {"version": "minimax/hailuo-2.3"}, "Hailuo-2.3"),
        ("/v1/predictions", {"version": "hailuo-2.3"}, "Hailuo-2.3"),
        ("/v1/predictions", {"version": "minimax/hailuo-2.3:hailuo-2.3"}, "Hailuo-2.3"),
        ("/v1/predictions", {"model": "kwaivgi/kling-2.1"}, "Kling-2.1"),
    ],
)
def test_a_model_is_found_by_any_of_its_names(service: Service, path: str, body: dict[str, Any], model: str) -> None:
    made = post(service, path, **body)

    assert service.http.get(f"/aigc/status/{made['id']}").json()["model"] == model


def test_names_of_inputs_of_many_models_mean_one_thing(service: Service) -> None:
    first, last = "https://example.com/1.png", "https://example.com/2.png"
    given = {"first_frame_image": first, "last_frame": last, "prompt_optimizer": False, "seed": 7}

    made = post(service, "/v1/models/minimax/hailuo-02/predictions", input={**FOX, **given})

    asked = request_of(service, made)
    assert (asked["image_url"], asked["last_frame_url"]) == (first, last)
    assert (asked["enhance_prompt"], asked["seed"]) == ("Disabled", 7)
    assert (made["input"]["first_frame_image"], made["input"]["last_frame"]) == (first, last)


def test_a_size_is_the_nearest_of_the_models(service: Service) -> None:
    made = post(service, "/v1/models/kwaivgi/kling-v2.5/predictions", input={**FOX, "size": "1080x1920"})

    assert (made["input"]["aspect_ratio"], made["input"]["resolution"]) == ("9:16", "1080P")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"fps": 24}, "input has no fps. Allowed: prompt,"),
        ({"duration": 7}, "Hailuo 2.3 makes no video of 7 s. Allowed: 6, 10."),
        ({"duration": "long"}, "input.duration: must be a number"),
        ({"image": "nothing"}, "input.image: must be a complete http:// or https:// URL"),
        ({"image": "https://example.com/1.png", "start_image": "https://example.com/2.png"}, "are the same"),
        ({"size": "720x1280"}, "Hailuo 2.3 makes nothing like 720x1280."),
        ({"last_frame": DATA_URL, "image": "https://example.com/1.png"}, "only the first frame may be sent as a file"),
        ({"image": "data:image/gif;base64,R0lGODlh"}, "input.image is neither a JPEG nor a PNG."),
        ({"image": "data:image/png,rawbytes"}, "input.image is a data: URL without Base64."),
        ({"image": f"http://testserver/v1/files/{uuid4()}"}, "there is no such file"),
        ({"model_name": "Kling"}, "input has no model_name."),
    ],
)
def test_a_wrong_input_is_refused_by_its_name(service: Service, given: dict[str, Any], words: str) -> None:
    assert words in refusal(service, input={**FOX, **given})


@pytest.mark.parametrize(
    ("body", "headers", "words"),
    [
        ({"colour": "red"}, {}, "There is no such field"),
        ({"webhook": "ftp://example.com"}, {}, "webhook"),
        ({"webhook": "https://a.example", "webhook_completed": "https://b.example"}, {}, "give one"),
        ({}, {"Cancel-After": "soon"}, "Cancel-After must be like 90s"),
        ({}, {"Cancel-After": "4s"}, "5 seconds to 30 days"),
    ],
)
def test_a_wrong_term_is_refused(service: Service, body: dict[str, Any], headers: dict[str, str], words: str) -> None:
    assert words in refusal(service, headers=headers, **body)


def test_a_model_that_is_not_there_is_not_found(service: Service) -> None:
    answer = service.http.post("/v1/models/nobody/nothing/predictions", json={"input": dict(FOX)})

    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/json")
    assert answer.json()["detail"].startswith("There is no nobody/nothing. There is: minimax/hailuo-2.3")
    assert "There is no version 5c7d5dc6." in refusal(service, "/v1/predictions", version="5c7d5dc6")
    assert "Either version or model" in refusal(service, "/v1/predictions")


def test_errors_of_both_dialects_under_one_prefix_keep_their_shapes(service: Service) -> None:
    replicate = service.http.get(f"/v1/predictions/{uuid4()}")
    openai = service.http.get(f"/v1/videos/{uuid4()}")

    assert (replicate.status_code, replicate.json()["status"], "error" in replicate.json()) == (404, 404, False)
    assert (openai.status_code, "message" in openai.json()["error"]) == (404, True)


def test_a_data_url_waits_in_the_store_and_not_in_therequest_of(service: Service) -> None:
    made = post(service, input={**FOX, "image": DATA_URL})

    assert len(request_of(service, made)["upload"]) == 64
    assert made["input"]["image"].startswith("sha256:")
    assert service.on_store(service.store.uploads.get, made["id"]) == base64.b64encode(PNG).decode()


def test_a_data_url_may_be_as_large_as_a_file(service: Service) -> None:
    sent = base64.b64encode(PNG + b"x" * (7_000_000 - len(PNG))).decode()

    made = post(service, input={**FOX, "image": f"data:image/png;base64,{sent}"})

    assert service.on_store(service.store.uploads.get, made["id"]) == sent


def test_a_file_that_was_sent_before_is_the_first_frame(service: Service) -> None:
    sent = service.http.post(
        "/v1/files",
        files={"content": ("fox.png", PNG, "image/png"), "metadata": ("blob", b'{"a": 1}', "application/json")},
    )
    assert sent.status_code == 201, sent.text
    file = sent.json()

    made = post(service, input={**FOX, "first_frame_image": file["urls"]["get"]})

    assert (file["name"], file["size"], file["content_type"], file["metadata"]) == (
        "fox.png", len(PNG), "image/png", {"a": 1},
    )  # fmt: skip
    assert request_of(service, made)["upload"] == file["checksums"]["sha256"]
    assert made["input"]["first_frame_image"] == file["urls"]["get"]
    assert service.on_store(service.store.uploads.get, made["id"]) == base64.b64encode(PNG).decode()


@pytest.mark.settings(max_uploads=1)
def test_a_file_too_many_is_refused_for_now(service: Service) -> None:
    first, second = (service.http.post("/v1/files", files={"content": ("fox.png", PNG)}) for _ in range(2))

    assert (first.status_code, second.status_code) == (201, 429)
    assert (second.json()["code"], int(second.headers["retry-after"]) > 0) == ("uploads_full", True)


def file(service: Service) -> dict[str, Any]:
    return dict(service.http.post("/v1/files", files={"content": ("fox.png", PNG)}).json())


def test_whoever_erases_a_prediction_erases_the_file_that_it_names(service: Service) -> None:
    sent, other = file(service), file(service)
    made = post(service, input={**FOX, "image": sent["urls"]["get"]})
    service.http.post(made["urls"]["cancel"])

    assert service.http.delete(f"/aigc/tasks/{made['id']}").status_code == 204

    uploads = service.store.uploads
    assert [service.on_store(uploads.get, gone) for gone in (made["id"], sent["id"])] == [None, None]
    assert service.on_store(uploads.get, other["id"])


def test_a_file_can_be_deleted_and_then_there_is_none(service: Service) -> None:
    path = f"/v1/files/{file(service)['id']}"

    assert [service.http.delete(path).status_code for _ in range(2)] == [204, 404]
    answer = service.http.delete("/v1/files/other")
    assert (answer.status_code, answer.json()["detail"].startswith("There is no file other")) == (404, True)


@pytest.mark.parametrize("erased", [True, False])
def test_the_picture_of_a_task_is_no_file_to_delete(service: Service, erased: bool) -> None:
    waiting = post(service, input={**FOX, "image": DATA_URL})["id"]

    if erased:
        naming = post(service, input={**FOX, "image": f"http://testserver/v1/files/{waiting}"})
        service.http.post(naming["urls"]["cancel"])
        assert service.http.delete(f"/aigc/tasks/{naming['id']}").status_code == 204
    else:
        assert service.http.delete(f"/v1/files/{waiting}").status_code == 404

    assert service.on_store(service.store.uploads.get, waiting)
