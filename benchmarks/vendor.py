"""A vendor that costs next to nothing: it speaks the two calls that matter and lists what has finished, and
remembers when each came.

    python -m benchmarks.vendor --port 8090 --median 0.5 --sigma 0.5 --seed 1

Not the simulator: that checks signatures and parameters, which would then be most of what a bench measures.
Times are those of the machine's monotonic clock, which all of its processes share.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
from datetime import UTC, datetime
from random import Random
from time import monotonic
from typing import Any

import uvloop

from aigcq.clock import SystemClock

EMPTY = b'{"Response":{"TotalCount":0,"TaskSet":[],"ScrollToken":"","RequestId":"bench"}}'
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"


class Ledger:
    """Every vendor task, and every call about it."""

    def __init__(self, median: float, sigma: float, seed: int) -> None:
        """Vendor tasks take `median` seconds, lognormally spread by `sigma`; 0: they have ended at once."""
        self._rng = Random(seed)
        self._median, self._sigma = median, sigma
        clock = SystemClock()
        self._wall = clock.now() - clock.monotonic()
        self.tasks: list[dict[str, Any]] = []
        self.pages = 0

    def create(self, body: bytes) -> bytes:
        now, request = monotonic(), json.loads(body)
        seconds = self._rng.lognormvariate(math.log(self._median), self._sigma) if self._median else 0.0
        name = f"bench-AigcVideoTask-{len(self.tasks)}"
        self.tasks.append(
            {"task": request.get("SessionContext", ""), "created": now, "ends": now + seconds, "seen": 0.0, "looks": []}
        )
        return b'{"Response":{"TaskId":"%s","RequestId":"bench"}}' % name.encode()

    def describe(self, body: bytes) -> bytes:
        now, name = monotonic(), json.loads(body)["TaskId"]
        task = self.tasks[int(name.rpartition("-")[2])]
        task["looks"].append(now)
        if now < task["ends"]:
            inner: dict[str, Any] = {"TaskId": name, "Status": "PROCESSING", "Progress": 10}
        else:
            task["seen"] = task["seen"] or now
            file = {"FileUrl": f"http://127.0.0.1/{name}.mp4", "FileType": "mp4", "Duration": 6.0}
            inner = {"TaskId": name, "Status": "FINISH", "ErrCode": 0, "Progress": 100, "Output": {"FileInfos": [file]}}
        answer = {"TaskType": "AigcVideoTask", "Status": inner["Status"], "AigcVideoTask": inner, "RequestId": "bench"}
        if task["seen"]:
            answer["FinishTime"] = self._iso(task["ends"])
        return json.dumps({"Response": answer}).encode()

    def page(self, body: bytes) -> bytes:
        """List what has finished since a moment, as the search by FinishTime does; other searches find nothing."""
        asked, now = json.loads(body), monotonic()
        if "FinishTime" not in asked:
            return EMPTY
        self.pages += 1
        after, first = asked["FinishTime"]["After"], int(asked.get("ScrollToken") or 0)
        ends = sorted((task["ends"], number) for number, task in enumerate(self.tasks) if task["ends"] <= now)
        rows = [
            {"TaskId": f"bench-AigcVideoTask-{number}", "FinishTime": moment}
            for end, number in ends
            if (moment := self._iso(end)) >= after
        ]
        last = first + asked["Limit"]
        token = str(last) if last < len(rows) else ""
        answer = {"TotalCount": len(rows), "TaskSet": rows[first:last], "ScrollToken": token, "RequestId": "bench"}
        return json.dumps({"Response": answer}).encode()

    def _iso(self, moment: float) -> str:
        return datetime.fromtimestamp(int(moment + self._wall), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def answer(self, head: bytes, body: bytes) -> bytes:
        """Return the body of the answer to one request."""
        words = head.lower()
        if head.startswith(b"GET"):
            return json.dumps(self.tasks).encode() if b"/ledger" in head else json.dumps(self.count()).encode()
        if b"createaigcvideotask" in words:
            return self.create(body)
        if b"describetaskdetail" in words:
            return self.describe(body)
        return self.page(body) if b"describetasks" in words else EMPTY

    def count(self) -> dict[str, int]:
        seen = sum(task["seen"] > 0 for task in self.tasks)
        return {"created": len(self.tasks), "seen": seen, "pages": self.pages}


class Connection(asyncio.Protocol):
    """HTTP/1.1, kept alive, no more of it than clients here send."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._buffer = b""
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while b"\r\n\r\n" in self._buffer:
            head, _, rest = self._buffer.partition(b"\r\n\r\n")
            length = _length(head)
            if len(rest) < length:
                return
            body = self._ledger.answer(head, rest[:length])
            self._buffer = rest[length:]
            self._transport.write(HEAD % len(body) + body)


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


async def serve(port: int, ledger: Ledger) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: Connection(ledger), "127.0.0.1", port, backlog=1024)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--median", type=float, default=0.0)
    parser.add_argument("--sigma", type=float, default=0.5)
    parser.add_argument("--seed", type=int, default=1)
    told = parser.parse_args()
    uvloop.run(serve(told.port, Ledger(told.median, told.sigma, told.seed)))
