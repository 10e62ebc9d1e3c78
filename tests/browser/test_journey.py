"""What people do with the console, in a real browser against the real service."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.acceptance.cluster import Cluster
from tests.browser.desk import chromium, looking, service, shot, troubles

PAGES = ("", "tasks", "create", "gallery", "operate")
GRAVE = {"serious", "critical"}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """The whole service, with videos that take seconds."""
    with service(tmp_path_factory.mktemp("desk"), latency="2-3") as cluster:
        yield cluster


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def plays(page: Page) -> None:
    """Fail unless the video on the page is there and moves on."""
    expect(page.locator("video").first).to_be_visible(timeout=45_000)
    page.wait_for_function("() => document.querySelector('main video').currentTime > 0.2", timeout=20_000)


def test_a_video_is_made_watched_found_and_another_one_taken_back(browser: Browser, desk: Cluster) -> None:
    page = looking(browser, desk.api_url).new_page()
    complaints = troubles(page)

    _create_and_watch(page)
    _pause(page)
    _cancel_another(page, desk)
    _resume(page)
    _filter(page)
    _speak_chinese_and_come_back(page)

    assert complaints == []


def _create_and_watch(page: Page) -> None:
    page.goto("/#/create")
    page.get_by_role("button", name="Create video").click()
    expect(page.get_by_text("Say what the video shows.")).to_be_visible()  # the form looks before the server does
    page.get_by_role("textbox", name="Prompt").fill("A fox runs through fresh snow")
    page.get_by_role("button", name="Create video").click()
    expect(page.get_by_role("list", name="Steps")).to_be_visible()
    page.reload()  # which loses nothing: what was asked for is the address
    plays(page)
    expect(page.get_by_role("textbox", name="Prompt")).to_have_value("A fox runs through fresh snow")
    page.get_by_role("link", name="To the task").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("A fox runs through fresh snow")
    expect(page.locator(".timeline")).to_contain_text("The vendor accepted it")
    shot(page, "journey-task")


def _pause(page: Page) -> None:
    page.goto("/#/operate")
    page.get_by_role("button", name="Pause", exact=True).click()
    page.get_by_label("Reason").fill("a test looks")
    page.get_by_role("dialog").get_by_role("button", name="Pause", exact=True).click()
    expect(page.locator("main")).to_contain_text("a test looks")
    expect(page.locator(".service-state")).to_contain_text("Paused")


def _resume(page: Page) -> None:
    page.goto("/#/operate")
    page.get_by_role("button", name="Resume", exact=True).click()
    expect(page.locator(".service-state")).to_contain_text("Flowing")


def _cancel_another(page: Page, desk: Cluster) -> None:
    queued = desk.create("A boat that nobody needs")["task_id"]
    page.goto(f"/#/tasks/{queued}")
    page.get_by_role("button", name="Cancel", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel the task").click()
    expect(page.get_by_text("Cancelled: it will never run.").first).to_be_visible()
    expect(page.locator(".task-head")).to_contain_text("Cancelled")


def _filter(page: Page) -> None:
    page.goto("/#/tasks")
    rows = page.locator("tbody tr")
    expect(rows.filter(has_text="A fox runs through fresh snow")).to_have_count(1)
    page.get_by_role("button", name="Cancelled", exact=True).click()
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("A boat that nobody needs")


def _speak_chinese_and_come_back(page: Page) -> None:
    page.get_by_title("中文").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("任务")
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("任务")
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    expect(page.locator("tbody tr")).to_have_count(1)  # the filter is the address


def test_what_happens_is_shown_without_a_reload_and_a_server_that_is_away_is_named(
    browser: Browser, desk: Cluster
) -> None:
    page = looking(browser, desk.api_url).new_page()
    page.goto("/#/tasks")
    expect(page.get_by_text("Live", exact=True)).to_be_visible()

    desk.create("A task from elsewhere")
    row = page.locator("tbody tr").filter(has_text="A task from elsewhere")
    expect(row).to_contain_text("Completed", timeout=45_000)

    desk.kill("api")
    expect(page.get_by_text("The server cannot be reached")).to_be_visible(timeout=20_000)
    expect(row).to_be_visible()  # what was known stays
    shot(page, "journey-offline")
    desk.start_api()
    expect(page.get_by_text("The server cannot be reached")).to_be_hidden(timeout=30_000)
    expect(page.get_by_text("Live", exact=True)).to_be_visible(timeout=30_000)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_keeps_anybody_out(browser: Browser, desk: Cluster, theme: str) -> None:
    task = desk.create("A page to read aloud")["task_id"]
    page = looking(browser, desk.api_url, color_scheme=theme).new_page()
    page.goto("/")
    found = {}

    for address in (*PAGES, f"tasks/{task}"):
        page.goto(f"/#/{address}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect(page.locator(".loading")).to_have_count(0)
        violations = Axe().run(page).response["violations"]
        if grave := [f"{each['id']}: {_where(each)}" for each in violations if each["impact"] in GRAVE]:
            found[address] = grave

    assert found == {}


def _where(violation: dict[str, list[dict[str, list[str]]]]) -> str:
    return "; ".join(" ".join(map(str, node["target"])) for node in violation["nodes"][:3])


@pytest.mark.parametrize("language", ["en-GB", "zh-CN"])
def test_every_page_fits_on_a_phone(browser: Browser, desk: Cluster, language: str) -> None:
    page = looking(browser, desk.api_url, size="phone", locale=language).new_page()
    page.goto("/")
    wide = {}

    for address in PAGES:
        page.goto(f"/#/{address}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect(page.locator(".loading")).to_have_count(0)
        if (width := page.evaluate("document.documentElement.scrollWidth")) > 360:
            wide[address] = width

    assert wide == {}


def test_the_screenshots_are_no_part_of_the_project() -> None:
    ignored = Path(__file__).parents[2].joinpath(".gitignore").read_text()

    assert re.search("^screenshots/$", ignored, re.M)
