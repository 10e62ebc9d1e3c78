"""The HTTP of a call to Tencent VOD: what is sent, and answers that only a careless client gets wrong."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import RawTestServer

from aigcq.clock import SystemClock
from aigcq.errors import VendorAccount, VendorRejected, VendorUnavailable, VendorUnknown
from aigcq.request import VideoRequest
from aigcq.vendors.tc3 import sign
from aigcq.vendors.tencent_vod import TencentVod

pytestmark = pytest.mark.asyncio

ACCOUNT: dict[str, Any] = {"secret_id": "AKIDexample", "secret_key": "example-key"}
EXPIRED = {"Error": {"Code": "AuthFailure.SignatureExpire", "Message": "Signature expired."}}
FOX = VideoRequest(prompt="一只狐狸", model_name="Hailuo", model_version="2.3")
NOW = 1_800_000_000.9


class Server:
    """Answers every request with what `answer` returns; remembers the requests."""

    def __init__(self, answer: Callable[[], web.Response]) -> None:
        self._answer = answer
        self.seen: list[tuple[dict[str, str], bytes]] = []

    async def __call__(self, request: web.BaseRequest) -> web.Response:
        self.seen.append((dict(request.headers), await request.read()))
        return self._answer()


def says(response: Any, content_type: str = "application/json", **headers: str) -> Server:
    text = json.dumps({"Response": response})
    return Server(lambda: web.Response(text=text, headers={"Content-Type": content_type, **headers}))


@asynccontextmanager
async def calling(server: Server, **arguments: Any) -> AsyncIterator[TencentVod]:
    async with RawTestServer(server) as listening:
        endpoint = str(listening.make_url("")).rstrip("/")
        arguments = ACCOUNT | {"sub_app_id": 7, "clock": SystemClock(), "endpoint": endpoint} | arguments
        async with TencentVod(**arguments) as vendor:
            yield vendor


async def submit(vendor: TencentVod) -> str:
    return await vendor.submit(FOX, task_id="t", session_id="s:1", signed_at=NOW)


async def test_a_call_is_one_signed_post() -> None:
    server = says({"TaskId": "t-1", "RequestId": "r"})

    async with calling(server) as vendor:
        assert await submit(vendor) == "t-1"

    ((headers, body),) = server.seen
    assert json.loads(body)["Prompt"] == "一只狐狸"
    assert body.isascii()
    assert headers["Authorization"] == sign(
        **ACCOUNT, service="vod", host=headers["Host"], payload=body, timestamp=1_800_000_000
    )
    assert (headers["Content-Type"], headers["Content-Length"]) == ("application/json", str(len(body)))
    assert {name: value for name, value in headers.items() if name.startswith("X-TC-")} == {
        "X-TC-Action": "CreateAigcVideoTask",
        "X-TC-Language": "en-US",
        "X-TC-Timestamp": "1800000000",
        "X-TC-Version": "2018-07-17",
    }


async def test_region_and_token_are_sent_if_there_are_any() -> None:
    server = says({"TaskSet": []})

    async with calling(server, region="ap-guangzhou", token="temporary") as vendor:
        await vendor.probe()

    ((headers, _),) = server.seen
    assert (headers["X-TC-Region"], headers["X-TC-Token"]) == ("ap-guangzhou", "temporary")


async def test_an_error_behind_a_charset_is_an_error() -> None:
    refusal = {"Error": {"Code": "InvalidParameter", "Message": "no"}}

    async with calling(says(refusal, "application/json; charset=utf-8")) as vendor:
        with pytest.raises(VendorRejected):
            await submit(vendor)


async def test_a_redirect_is_not_followed() -> None:
    server = Server(lambda: web.Response(status=307, headers={"Location": "/elsewhere"}))

    async with calling(server) as vendor:
        with pytest.raises(VendorUnknown):
            await submit(vendor)

    assert len(server.seen) == 1


async def test_an_answer_that_does_not_decompress_is_unknown() -> None:
    async with calling(Server(lambda: web.Response(body=b"?", headers={"Content-Encoding": "gzip"}))) as vendor:
        with pytest.raises(VendorUnknown):
            await submit(vendor)


async def test_what_the_vendor_repeats_of_a_credential_is_not_shown() -> None:
    echo = {"Error": {"Code": "AuthFailure.SecretIdNotFound", "Message": "No AKIDexample with temporary."}}

    async with calling(says(echo), token="temporary") as vendor:
        with pytest.raises(VendorAccount, match=r"^No \*\*\* with \*\*\*\.$"):
            await vendor.probe()


@pytest.mark.parametrize("date", ["", "today"])
async def test_a_clock_cannot_be_set_by_an_answer_without_a_date(date: str) -> None:
    server = says(EXPIRED, Date=date)

    async with calling(server) as vendor:
        for _ in range(2):
            with pytest.raises(VendorUnavailable):
                await submit(vendor)

    assert [headers["X-TC-Timestamp"] for headers, _ in server.seen] == ["1800000000"] * 2


async def test_an_answer_that_is_no_http_may_quote_a_credential_too() -> None:
    async def quote(_: asyncio.StreamReader, out: asyncio.StreamWriter) -> None:
        out.write(b"HTTP/1.1 200 OK\r\nAKIDexample with temporary\r\n\r\n")
        out.close()

    async with await asyncio.start_server(quote, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        account = ACCOUNT | {"sub_app_id": 7, "clock": SystemClock(), "token": "temporary"}
        async with TencentVod(**account, endpoint=f"http://127.0.0.1:{port}") as vendor:
            with pytest.raises(VendorUnknown, match=r"\*\*\* with \*\*\*") as raised:
                await submit(vendor)

    assert "AKIDexample" not in str(raised.value)
