"""A vendor that repeats what it is sent in every error: the secret of the caller, and what forges a line of a log."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

FORGERY = "\n12:00:00 settled   task=forged\r\x1b[31m\x9b1m\u202e\u2028"


class HostileVendor(ThreadingHTTPServer):
    """`mood` is one of `_Handler.MOODS`; `calls` counts the calls by mood and action."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.mood = "broken"
        self.calls: list[tuple[str, str]] = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: HostileVendor
    protocol_version = "HTTP/1.1"
    MOODS = ("broken", "refuses", "fails", "knows nobody")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        action = self.headers["X-TC-Action"]
        echo = f"{self.headers} {json.loads(body)} {FORGERY}"
        self.server.calls.append((self.server.mood, action))
        status, answer = self._answer(action, echo)
        content = json.dumps({"Response": answer | {"RequestId": "r-1"}}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _answer(self, action: str, echo: str) -> tuple[int, dict[str, Any]]:
        match self.server.mood, action:
            case "broken", _:
                return 502, {"Error": {"Code": "InternalError", "Message": echo}}
            case "knows nobody", _:
                return 200, {"Error": {"Code": "AuthFailure.SecretIdNotFound", "Message": echo}}
            case "fails", "CreateAigcVideoTask":
                return 200, {"TaskId": "1-AigcVideoTask-1t"}
            case "fails", "DescribeTaskDetail":
                task = {"Status": "FINISH", "ErrCode": 70000, "ErrCodeExt": "ModerationFailed", "Message": echo}
                return 200, {"Status": "FINISH", "AigcVideoTask": task}
            case _:
                return 200, {"Error": {"Code": "InvalidParameterValue.Prompt", "Message": echo}}

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def hostile_vendor() -> Iterator[HostileVendor]:
    """Yield a hostile vendor that serves until the end of the block."""
    with HostileVendor() as vendor:
        thread = threading.Thread(target=vendor.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield vendor
        finally:
            vendor.shutdown()
            thread.join()
