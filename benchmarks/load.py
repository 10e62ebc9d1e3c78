"""Requests in a closed loop: by wrk where it is installed, else by a generator of our own."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from time import monotonic
from typing import Final

import aiohttp

from benchmarks.rounds import Sample, quantile

CONNECTIONS: Final = 32


def generator() -> str:
    """Return who makes the requests, for the report."""
    return f"{'wrk' if shutil.which('wrk') else 'asyncio'}, {CONNECTIONS} connections, keep-alive, closed loop"


async def post(url: str, body: object, seconds: float, folder: Path) -> Sample:
    """POST the same JSON again and again; return requests per second and latencies in ms."""
    text = json.dumps(body)
    script = (
        f'wrk.method = "POST"\nwrk.body = [==[{text}]==]\nwrk.headers["Content-Type"] = "application/json"\n' + FAILURES
    )
    return await _measured(url, [""], text.encode(), seconds, script, folder)


async def get(url: str, paths: Sequence[str], seconds: float, folder: Path) -> Sample:
    """GET `url` + each of `paths` in turn."""
    listed = ",".join(json.dumps(path) for path in paths)
    script = (
        f"local paths, at = {{{listed}}}, 0\n"
        "request = function() at = at % #paths + 1; return wrk.format('GET', paths[at]) end\n" + FAILURES
    )
    return await _measured(url, paths, None, seconds, script, folder)


FAILURES: Final = """
local failed = 0
response = function(status) if status ~= 200 then failed = failed + 1; wrk.thread:set("failed", failed) end end
local threads = {}
function setup(thread) table.insert(threads, thread) end
done = function(summary, latency)
    local bad = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
    for _, thread in ipairs(threads) do bad = bad + (thread:get("failed") or 0) end
    io.write(string.format("RESULT %d %f %f %f %d\\n", summary.requests, summary.duration / 1e6,
        latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, bad))
end
"""


async def _measured(
    url: str, paths: Sequence[str], body: bytes | None, seconds: float, script: str, folder: Path
) -> Sample:
    if not shutil.which("wrk") or seconds < 1:
        return await _own(url, paths, body, seconds)
    (folder / "wrk.lua").write_text(script, "utf-8")
    process = await asyncio.create_subprocess_exec(
        *("wrk", "-t1", f"-c{CONNECTIONS}", f"-d{round(seconds)}s", "-s", str(folder / "wrk.lua"), url),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    told = (await process.communicate())[0].decode()
    found = re.search(r"^RESULT (\d+) (\S+) (\S+) (\S+) (\d+)$", told, re.M)
    if not found or int(found[5]):
        raise RuntimeError(f"{url} did not always answer 200:\n{told}")
    requests, took, p50, p99 = (float(found[number]) for number in range(1, 5))
    return {"per_second": requests / took, "p50_ms": p50, "p99_ms": p99}


async def _own(url: str, paths: Sequence[str], body: bytes | None, seconds: float) -> Sample:
    """The same without wrk; it takes more of the machine itself."""
    latencies: list[float] = []
    begun = monotonic()
    headers = {"Content-Type": "application/json"}

    async def one(session: aiohttp.ClientSession, offset: int) -> None:
        turn = offset
        while (started := monotonic()) < begun + seconds:
            turn += 1
            path = paths[turn % len(paths)]
            method = "GET" if body is None else "POST"
            async with session.request(method, url + path, data=body, headers=headers) as answer:
                await answer.read()
                if answer.status != 200:
                    raise RuntimeError(f"{url}{path} answered {answer.status}")
            latencies.append((monotonic() - started) * 1000)

    connector = aiohttp.TCPConnector(limit=CONNECTIONS)
    async with aiohttp.ClientSession(connector=connector) as session, asyncio.TaskGroup() as group:
        for number in range(CONNECTIONS):
            group.create_task(one(session, number * 31))
    took = monotonic() - begun
    return {
        "per_second": len(latencies) / took,
        "p50_ms": quantile(latencies, 0.5),
        "p99_ms": quantile(latencies, 0.99),
    }
