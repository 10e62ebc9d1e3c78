"""The console as it is served: its page, its assets, and what a browser is told with them."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from aigcq.api import console
from tests.api.conftest import Service
from tests.api.keyed import key

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
SCRIPT = "console.log('a fox');\n" * 100


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A console that was built."""
    folder = tmp_path / "console"
    (folder / "fonts").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><script src='/console/app.js'></script>")
    (folder / "app.js").write_text(SCRIPT)
    (folder / "app-Bx3d9f2a.js").write_text(SCRIPT)
    (folder / "fonts" / "a.woff2").write_bytes(b"\0" * 5000)
    (folder / ".env").write_text("SECRET=1")
    monkeypatch.setattr(console, "BUILT", folder)
    yield folder
    console.assets.cache_clear()


@pytest.mark.usefixtures("built")
def test_a_browser_finds_the_console_and_everyone_else_is_told_where_things_are(service: Service) -> None:
    page, told = service.http.get("/", headers=HTML), service.http.get("/")

    assert page.headers["content-type"].startswith("text/html")
    assert "/console/app.js" in page.text
    assert told.json()["docs"] == "/docs"
    assert {page.headers["vary"], told.headers["vary"]} == {"Accept"}


@pytest.mark.usefixtures("built")
@pytest.mark.settings(tencentcloud_endpoint="http://127.0.0.1:8090")
def test_the_page_runs_and_loads_nothing_but_its_own_and_videos(service: Service) -> None:
    headers = service.http.get("/", headers=HTML).headers
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))

    assert policy.pop("media-src") == "'self' blob: https: http://127.0.0.1:8090"
    assert policy.pop("img-src") == "'self' data: blob:"
    assert {name for name, sources in policy.items() if sources == "'none'"} == {
        "default-src", "base-uri", "frame-ancestors",
    }  # fmt: skip
    assert set(policy.values()) == {"'self'", "'none'"}
    assert len(headers.multi_items()) == len(headers), "each is said once"


def test_pictures_may_come_from_the_bucket_and_plain_http_only_from_where_it_is_configured() -> None:
    policy = console.policy(["https://vod.example", "http://127.0.0.1:8090"], ["http://minio:9000"])

    assert "img-src 'self' data: blob: http://minio:9000;" in policy
    assert "media-src 'self' blob: https: http://127.0.0.1:8090 http://minio:9000;" in policy


@pytest.mark.usefixtures("built")
def test_what_has_a_digest_in_its_name_is_kept_for_ever_and_the_rest_is_asked_for(service: Service) -> None:
    asked, hashed = (service.http.get(f"/console/{name}") for name in ("app.js", "app-Bx3d9f2a.js"))

    assert asked.headers["cache-control"] == "no-cache"
    assert hashed.headers["cache-control"] == "public, max-age=31536000, immutable"
    again = service.http.get("/console/app.js", headers={"If-None-Match": asked.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.usefixtures("built")
def test_assets_are_sent_compressed_to_who_takes_that(service: Service) -> None:
    def asked(accepted: str, path: str = "/console/app.js") -> str:
        answer = service.http.get(path, headers={"Accept-Encoding": accepted})
        assert answer.text == SCRIPT or path.endswith("woff2")
        return str(answer.headers.get("content-encoding", ""))

    assert [asked("gzip"), asked("br, gzip;q=0.5"), asked("*")] == ["gzip"] * 3
    assert [asked("identity"), asked("gzip;q=0"), asked("gzip", "/console/fonts/a.woff2")] == [""] * 3
    head = service.http.head("/console/app.js", headers={"Accept-Encoding": "gzip"})
    assert (head.status_code, head.content) == (200, b"")
    assert int(head.headers["content-length"]) == len(gzip.compress(SCRIPT.encode(), 9, mtime=0))


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize("path", ["nothing.js", ".env", "index.html", "%2e%2e/console.py", "..%2fapi%2fconsole.py", ""])
def test_what_is_no_part_of_the_console_is_not_there(service: Service, path: str) -> None:
    answer = service.http.get(f"/console/{path}")

    assert answer.status_code == 404
    assert answer.json()["title"] == "Not Found"


@pytest.mark.usefixtures("built")
def test_the_console_takes_no_key_and_what_it_shows_does(service: Service) -> None:
    key(service, "red")

    assert [service.http.get(path, headers=HTML).status_code for path in ("/", "/console/app.js")] == [200, 200]
    assert service.http.get("/aigc/tasks").status_code == 401


def test_an_installation_without_a_console_says_so(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console, "BUILT", tmp_path / "nowhere")

    answer = service.http.get("/", headers=HTML)

    assert answer.status_code == 404
    assert "The console is not here" in answer.text
    assert not re.search(r"<(script|style)|style=", answer.text)


def test_the_document_of_the_api_knows_nothing_of_the_console(service: Service) -> None:
    paths = service.http.get("/openapi.json").json()["paths"]

    assert not [path for path in paths if path == "/" or path.startswith("/console")]


def test_what_is_committed_is_small_and_loads_nothing_from_elsewhere() -> None:
    parts = console.assets(console.BUILT)
    page = parts["index.html"].content.decode()
    named = re.findall(r"(?:src|href)=\"([^\"]+)\"", page)

    assert sum(len(each.packed or each.content) for each in parts.values()) < 120_000
    assert named
    assert all(name.removeprefix("/console/") in parts for name in named)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=\"|<script(?![^>]*src=)", page)
    assert not re.search(rb"(@import|url\()\s*[\"']?(https?:)?//", parts["app.css"].content)
