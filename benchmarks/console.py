"""How soon the console shows its overview, in Chromium, over a queue that has a history."""

from __future__ import annotations

import asyncio
import shutil
import statistics
from collections.abc import Sequence
from random import Random
from typing import Final

from playwright.async_api import Browser, async_playwright

from aigcq.model import Event
from aigcq.store import Store, open_store
from benchmarks import ours
from benchmarks.plan import Plan, run
from benchmarks.plot import Bars
from benchmarks.report import Report, Verdict
from benchmarks.stage import Stage, stage

MOST_SECONDS: Final = 1.0
AT_ONCE: Final = 50
VIDEO: Final = {"video_url": "https://vendor.example/1.mp4", "output_seconds": 6.0}
FLAGS: Final = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking")
SHOWN: Final = """() => {
  const drawn = document.querySelectorAll("main canvas").length > 2 && document.querySelector("main dl");
  return drawn && !document.querySelector("main .loading") ? performance.now() : 0;
}"""
"""Milliseconds since the address was entered, once every figure and plot is there."""


async def bench(plan: Plan) -> Report:
    tasks, visits = plan.pick(10_000, 2000, 100), plan.pick(15, 7, 2)
    async with stage() as on:
        await on.start_vendor()
        url = await on.start_api()
        async with open_store(on.settings(), on.redis_url) as store:
            await _past(store, tasks)
        await on.start_worker()
        await on.clock.sleep(plan.pick(20.0, 10.0, 1.0))  # it folds what has happened into the history
        seconds = await _visited(on, f"{url}/", visits)
        server = on.server
    middle = statistics.median(seconds)
    return Report(
        title=f"console: the overview over {tasks:,} tasks (s)",
        load=f"{visits} visits of a browser that has nothing of the console yet; from the address to the last plot",
        rows=[{"page": "overview", "median": middle, "best": min(seconds), "worst": max(seconds)}],
        picture=Bars("seconds until the overview is complete", {"median": middle, "worst": max(seconds)}, MOST_SECONDS),
        verdicts=[Verdict(what="the overview, median", value=middle, target=MOST_SECONDS, unit="s")],
        raw={"seconds": list(seconds)},
        server=server,
    )


async def _past(store: Store, count: int) -> None:
    """Let `count` tasks have been made and ended, as workers do it."""
    rng = Random(1)
    for _ in range(0, count, AT_ONCE):
        await ours.fill(store, rng, AT_ONCE)
        taken = (await store.deliveries.claim("bench", AT_ONCE)).deliveries
        async with asyncio.TaskGroup() as group:
            for each in taken:
                group.create_task(store.deliveries.settle(each, Event.SUCCEED, VIDEO))


async def _visited(on: Stage, url: str, visits: int) -> Sequence[float]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(FLAGS))
        return [await _visit(browser, url) for _ in range(visits)]


async def _visit(browser: Browser, url: str) -> float:
    context = await browser.new_context(viewport={"width": 1280, "height": 860})
    page = await context.new_page()
    await page.goto(url, wait_until="commit")
    shown = await page.wait_for_function(SHOWN, polling=20, timeout=20_000)
    milliseconds = float(await shown.json_value())
    await context.close()
    return milliseconds / 1000


if __name__ == "__main__":
    run(bench)
