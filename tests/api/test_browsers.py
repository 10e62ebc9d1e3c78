"""What a browser is told with every answer, and which pages may read one."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from aigcq.api import create_app
from aigcq.config import Settings, read
from aigcq.errors import ConfigurationError
from tests.api.conftest import Service

NO_TASK = "0a0a0a0a-0000-4000-8000-00000000000f"
ANSWERS = [
    ("GET", "/health"),
    ("GET", "/health/live"),
    ("GET", "/aigc/models"),
    ("GET", "/aigc/queue/info"),
    ("GET", f"/aigc/status/{NO_TASK}"),
    ("GET", f"/aigc/videos/{NO_TASK}"),
    ("GET", f"/aigc/events/{NO_TASK}"),
    ("GET", "/v1/models"),
    ("GET", f"/v1/videos/{NO_TASK}"),
    ("GET", "/v1/predictions/none"),
    ("GET", "/nowhere"),
    ("GET", "/"),
    ("HEAD", "/health"),
    ("PUT", "/aigc/create"),
    ("POST", "/aigc/create"),
    ("GET", "/docs"),
    ("GET", "/redoc"),
    ("GET", "/openapi.json"),
]
"""Answers of every layer: the routes', the framework's, and those of whoever refuses before either."""
PAGES = ("/docs", "/redoc")
PAGE = "https://app.example.com"


@pytest.mark.parametrize(("method", "path"), ANSWERS)
def test_every_answer_says_what_a_browser_may_do_with_it(service: Service, method: str, path: str) -> None:
    headers = service.http.request(method, path, follow_redirects=False).headers

    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert (headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'") == (path not in PAGES)
    assert "access-control-allow-origin" not in headers
    assert len(headers.multi_items()) == len(headers), "each is said once"


def test_what_is_created_is_kept_by_no_cache(service: Service) -> None:
    created = service.http.post("/aigc/create", json={"prompt": "a fox"})
    told = service.http.get(created.headers["location"])

    assert [answer.headers["cache-control"] for answer in (created, told)] == ["no-store"] * 2


def test_a_fault_of_ours_is_told_like_any_answer(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aigcq.api.native.status_of", None)
    created = service.http.post("/aigc/create", json={"prompt": "a fox"})

    answer = service.http.get(created.headers["location"])

    assert (answer.status_code, answer.headers["x-content-type-options"]) == (500, "nosniff")


@pytest.mark.parametrize("path", PAGES)
def test_the_documentation_may_load_what_it_names_and_nothing_else(service: Service, path: str) -> None:
    answer = service.http.get(path)
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))

    tags = re.findall(r"<(?:link|script)[^>]*>", answer.text)
    for directive, mark in {"script-src": "src=", "style-src": "stylesheet", "img-src": "icon"}.items():
        named = {origin for tag in tags if mark in tag for origin in re.findall(r"https://[^/\"]+", tag)}
        assert named
        assert named <= set(policy[directive].split())
    assert policy["default-src"] == "'none'"
    assert policy["connect-src"] == "'self'"


@pytest.mark.parametrize(
    ("public_url", "asked", "told"),
    [
        ("", "http://testserver", False),
        ("", "https://testserver", True),
        ("https://video.example.com", "http://testserver", True),
        ("http://video.example.com", "http://testserver", False),
    ],
)
def test_who_is_reached_by_https_wants_to_be_reached_by_nothing_else(
    settings: Settings, redis_url: str, public_url: str, asked: str, told: bool
) -> None:
    own = settings.model_copy(update={"redis_url": SecretStr(redis_url), "public_url": public_url})

    with TestClient(create_app(own), base_url=asked) as http:
        assert ("strict-transport-security" in http.get("/health/live").headers) is told


@pytest.fixture
def shared(request: pytest.FixtureRequest, settings: Settings, redis_url: str) -> Iterator[TestClient]:
    own = settings.model_copy(update={"redis_url": SecretStr(redis_url), "cors_origins": request.param})
    with TestClient(create_app(own), raise_server_exceptions=False) as http:
        yield http


def asks(http: TestClient, origin: str) -> tuple[str, str]:
    """Return whom the answers to a preflight and to the request itself allow to read."""
    wants = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    wants["Access-Control-Request-Headers"] = "authorization,idempotency-key,content-type"
    first = http.options("/aigc/create", headers=wants)
    then = http.post("/aigc/create", json={"prompt": ""}, headers={"Origin": origin})
    assert (first.status_code == 200) == ("access-control-allow-origin" in first.headers)
    name = "access-control-allow-origin"
    return first.headers.get(name, ""), then.headers.get(name, "")


@pytest.mark.parametrize("shared", [f"{PAGE},http://localhost:5173"], indirect=True)
def test_pages_of_the_origins_that_are_named_may_read_and_no_others(shared: TestClient) -> None:
    assert asks(shared, PAGE) == (PAGE, PAGE)
    assert asks(shared, "http://localhost:5173") == ("http://localhost:5173",) * 2
    assert asks(shared, "https://evil.example.com") == ("", "")
    assert asks(shared, "null") == ("", "")


@pytest.mark.parametrize("shared", ["*"], indirect=True)
def test_every_page_may_read_where_that_is_asked_for_but_never_with_credentials(shared: TestClient) -> None:
    assert asks(shared, PAGE) == ("*", "*")
    answer = shared.get("/health/live", headers={"Origin": PAGE, "Cookie": "a=b"})

    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize("shared", [PAGE], indirect=True)
def test_a_page_may_read_what_our_headers_say(shared: TestClient) -> None:
    answer = shared.post("/aigc/create", json={"prompt": "a fox"}, headers={"Origin": PAGE})
    exposed = answer.headers["access-control-expose-headers"].split(", ")

    assert {"Location", "Retry-After", "RateLimit", "RateLimit-Policy", "Idempotent-Replayed"} <= set(exposed)
    assert {"openai-poll-after-ms", "ETag", "Content-Range"} <= set(exposed)
    assert answer.headers["vary"] == "Origin"


@pytest.mark.parametrize(
    "value", ["app.example.com", "https://app.example.com/", "null", "https://*.example.com", "*,x"]
)
def test_what_is_no_origin_is_an_error_that_names_the_setting(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("AIGCQ_CORS_ORIGINS", value)

    with pytest.raises(ConfigurationError, match="AIGCQ_CORS_ORIGINS"):
        read()
