"""A console to look at: the whole service as processes, and the system's Chromium."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.acceptance.cluster import ROOT, Cluster, running

CHROMIUM: Final = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
REQUIRED: Final = bool(os.environ.get("AIGCQ_TEST_BROWSER"))
"""Set where CI has installed Chromium: there these tests may not be left out."""
FLAGS: Final = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
)  # fmt: skip
SHOTS: Final = Path(os.environ.get("AIGCQ_SCREENSHOTS") or ROOT / "screenshots")
SIZES: Final = {"desktop": {"width": 1280, "height": 860}, "phone": {"width": 360, "height": 740}}
PATIENCE_MS: Final = 15_000

DEMO: Final = {
    "AIGCQ_STORAGE": "",  # as by default: videos are kept, with thumbnails
    "AIGCQ_LIMIT_POLICY": "step",
    "DEFAULT_THRESHOLD": "2",
    "WORKER_POLL_INTERVAL": "0.3",
}


@contextmanager
def service(folder: Path, *, workers: int = 1, **simulator: str) -> Iterator[Cluster]:
    """Run everything, as the demo does; videos are small, so that none takes seconds to encode."""
    with running(folder, **DEMO) as cluster:
        cluster.start_simulator(**{"speed": "60", "concurrency": "2"} | simulator)
        cluster.change_simulator(video_longest_side=320)
        cluster.start_api()
        for _ in range(workers):
            cluster.start_worker()
        cluster.until(lambda: cluster.http.get(f"{cluster.api_url}/health").status_code == 200)
        yield cluster


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run the browser; where there is none the test is left out, unless CI has to have it."""
    if CHROMIUM is None:
        message = "Chromium is not installed: the console is not tried (apt install chromium)"
        (pytest.fail if REQUIRED else pytest.skip)(message)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


def looking(browser: Browser, url: str, *, size: str = "desktop", **options: Any) -> BrowserContext:
    """Return a new visitor's browser, which remembers nothing."""
    given = {"locale": "en-GB", "viewport": SIZES[size], "base_url": url, "reduced_motion": "reduce"} | options
    context = browser.new_context(**given)
    context.set_default_timeout(PATIENCE_MS)
    return context


def troubles(page: Page) -> list[str]:
    """Return a list that grows with all that the page complains of: errors, and what its policy has refused."""
    found: list[str] = []
    page.on("pageerror", lambda error: found.append(f"error: {error}"))
    page.on("console", lambda said: found.append(f"{said.type}: {said.text}") if said.type == "error" else None)
    return found


def shot(page: Page, name: str) -> None:
    """Keep what the page shows as a picture."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png", full_page=True)
