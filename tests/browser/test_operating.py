"""What an operator does with the console, and what who looks on sees of it."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.acceptance.cluster import Cluster
from tests.browser.desk import chromium, looking, service, troubles

REASON = "the quota is being moved"


def test_an_operator_stops_and_bounds_the_queue_and_hands_out_keys(tmp_path: Path) -> None:
    with service(tmp_path) as desk, chromium() as browser:
        operator = looking(browser, desk.api_url).new_page()
        onlooker = looking(browser, desk.api_url, locale="zh-CN").new_page()
        complaints = troubles(operator)
        onlooker.goto("/")
        expect(onlooker.get_by_text("实时", exact=True)).to_be_visible()

        _pause(operator, onlooker)
        _bound(operator)
        assert complaints == []
        _drain(operator, desk)
        key = desk.make_key("--scope", "admin", "--name", "desk")
        desk.until(lambda: desk.http.get(f"{desk.api_url}/health").json()["auth"] == "required")
        _ask_for_a_key_once(operator, key)
        _show_a_new_key_once(operator)


def _pause(operator: Page, onlooker: Page) -> None:
    operator.goto("/#/operate")
    operator.get_by_role("button", name="Pause", exact=True).click()
    asked = operator.get_by_role("dialog")
    expect(asked.get_by_role("button", name="Pause")).to_be_disabled()  # without a reason
    asked.get_by_label("Reason").fill(REASON)
    asked.get_by_role("button", name="Pause").click()
    expect(operator.get_by_text("Drained: nothing runs.")).to_be_visible()

    told = onlooker.get_by_role("region", name="问题与处理")
    expect(told).to_contain_text("队列已暂停")  # without a reload, in its own language
    expect(told).to_contain_text(REASON)
    expect(told.get_by_role("link", name="故障手册")).to_have_attribute("href", re.compile("docs/runbooks/paused"))


def _bound(operator: Page) -> None:
    operator.get_by_role("button", name="Resume").click()
    expect(operator.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    least, most = operator.get_by_label("At least"), operator.get_by_label("At most")
    least.fill("9")
    most.fill("5")
    expect(operator.get_by_role("button", name="Set bounds")).to_be_disabled()
    least.fill("")
    operator.get_by_role("button", name="Set bounds").click()
    operator.reload()
    expect(most).to_have_value("5")
    operator.get_by_role("button", name="Back to the settings").click()
    expect(most).to_have_value("")


def _drain(operator: Page, desk: Cluster) -> None:
    operator.goto("/#/operate/workers")
    operator.get_by_role("button", name="Drain").click()
    operator.get_by_role("dialog").get_by_role("button", name="Drain").click()
    expect(operator.get_by_text("It takes no more, and ends")).to_be_visible()
    desk.until(lambda: not desk.http.get(f"{desk.api_url}/health").json()["workers"], 20)
    operator.goto("/#/")
    expect(operator.get_by_role("region", name="What is wrong")).to_contain_text("No worker is alive", timeout=20_000)


def _ask_for_a_key_once(page: Page, key: str) -> None:
    asked = page.get_by_role("dialog", name="API key")
    page.reload()
    expect(asked).to_be_visible()
    asked.get_by_role("button", name="Cancel").click()
    with page.expect_response("**/aigc/metrics/history*"):
        page.get_by_role("button", name="3 h").click()
    expect(asked).to_be_hidden()  # who has declined is left alone

    page.get_by_role("button", name="Key", exact=True).first.click()
    asked.get_by_label("Key", exact=True).fill("aigcq_wrong")
    asked.get_by_role("button", name="Use this key").click()
    expect(asked).to_contain_text("not accepted")
    asked.get_by_label("Key", exact=True).fill(key)
    asked.get_by_role("button", name="Use this key").click()
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    page.reload()
    expect(page.get_by_text("Live", exact=True)).to_be_visible()  # it is remembered


def _show_a_new_key_once(page: Page) -> None:
    page.goto("/#/operate/keys")
    page.get_by_role("button", name="New key").click()
    page.get_by_role("dialog").get_by_label("Name").fill("render farm")
    page.get_by_role("button", name="Create key").click()
    made = page.get_by_role("dialog", name="Copy the key now")
    secret = made.locator("code").inner_text()
    assert secret.startswith("aigcq_")
    page.keyboard.press("Escape")
    expect(made).to_be_visible()  # it closes by its button only
    made.get_by_role("button", name="I have copied it").click()
    expect(page.get_by_role("row", name="render farm")).to_be_visible()
    assert secret not in page.content()
    page.get_by_role("row", name="render farm").get_by_role("button", name="Revoke").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(page.get_by_role("row", name="render farm")).to_contain_text("Revoked")
