"""Calls to addresses of clients: what is connected to was looked at, and nothing is followed or read."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from threading import Event as ThreadEvent
from typing import Any

import aiohttp
import pytest

from aigcq.clock import SystemClock
from aigcq.outbound.caller import Answer, Caller
from aigcq.outbound.guard import Allowed, Forbidden
from aigcq.outbound.lookup import MOST, Lookup
from tests.conftest import until
from tests.outbound.local import Liar, receiver

pytestmark = pytest.mark.asyncio

LOCAL = Allowed.read("127.0.0.0/8")
FORBIDDEN = Answer(error="forbidden_address")


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The addresses to which a connection was begun."""
    begun: list[Any] = []
    true = asyncio.SelectorEventLoop.sock_connect

    async def connect(self: Any, sock: socket.socket, address: Any) -> None:
        begun.append(address[0])
        if not address[0].startswith("127."):
            raise ConnectionRefusedError
        await true(self, sock, address)

    monkeypatch.setattr(asyncio.SelectorEventLoop, "sock_connect", connect)
    return begun


async def post(url: str, *answers: Sequence[str], allowed: Allowed = Allowed(), **how: Any) -> tuple[Answer, Liar]:  # noqa: B008
    liar = Liar(*[tuple(each) for each in answers])
    async with Caller(allowed, 5, liar) as caller:
        return await caller.post(url, b"{}", {}, **how), liar


async def test_a_receiver_gets_the_body_and_the_headers() -> None:
    async with receiver() as local, Caller(LOCAL, 5) as caller:
        answer = await caller.post(local.url + "?a=%26", b'{"a": 1}', {"webhook-id": "msg_1"})

    (heard,) = local.heard
    assert answer == Answer(204)
    assert (heard.body, heard.headers["webhook-id"], heard.path) == ('{"a": 1}', "msg_1", "/hook?a=%26")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "169.254.169.254",
        "::1",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "fe80::1%1",
    ],
)
async def test_a_name_that_leads_inside_is_not_called(connections: list[Any], address: str) -> None:
    answer, liar = await post("https://example.com/hook", [address])

    assert (answer, connections, liar.asked) == (FORBIDDEN, [], ["example.com"])


async def test_one_address_inside_is_enough(connections: list[Any]) -> None:
    answer, _ = await post("https://example.com/hook", ["93.184.216.34", "127.0.0.1"])

    assert (answer, connections) == (FORBIDDEN, [])


async def test_a_name_that_is_bound_anew_leads_only_to_what_was_looked_at(connections: list[Any]) -> None:
    """There is no second lookup between the look and the connection: the second answer is the next call's."""
    liar = Liar(("93.184.216.34",), ("127.0.0.1",))
    async with receiver() as local, Caller(Allowed(), 5, liar) as caller:
        first = await caller.post(f"https://example.com:{local.port}/hook", b"{}", {})
        asked = len(liar.asked)
        second = await caller.post(f"https://example.com:{local.port}/hook", b"{}", {})

    assert (first, asked, second) == (Answer(error="cannot_connect"), 1, FORBIDDEN)
    assert (connections, local.heard) == (["93.184.216.34"], [])


async def test_an_address_in_the_url_itself_is_looked_at_as_it_is_connected_to(connections: list[Any]) -> None:
    """Whatever came before: aiohttp does not look such a one up."""
    async with Caller(Allowed(), 5) as caller:
        guarded, _ = caller._sessions
        for url in ("http://127.0.0.1:9/", "http://[::1]:9/", "http://[::ffff:127.0.0.1]:9/", "http://①②⑦.⓪.⓪.①:9/"):
            with pytest.raises(aiohttp.ClientConnectorError) as caught:
                await guarded.post(url)
            assert isinstance(caught.value.os_error, Forbidden)

    assert connections == []


@pytest.mark.parametrize(
    "host", ["127.1", "0x7f000001", "2130706433", "0177.0.0.1", "localhost", "127.0.0.1.", "1.1.1.1.."]
)
async def test_no_other_spelling_reaches_the_system_s_resolver(connections: list[Any], host: str) -> None:
    answer, liar = await post(f"https://{host}/", ["93.184.216.34"])

    assert (answer, connections, liar.asked) == (FORBIDDEN, [], [])


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(status: int) -> None:
    async with receiver() as local, receiver() as inner, Caller(LOCAL, 5) as caller:
        local.status, local.headers = status, {"Location": inner.url}
        answer = await caller.post(local.url, b"{}", {})
        local.headers = {"Location": "http://169.254.169.254/latest/meta-data/"}
        again = await caller.post(local.url, b"{}", {})

    assert (answer.status, answer.accepted, again.status) == (status, False, status)
    assert (len(local.heard), inner.heard) == (2, [])


async def test_no_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async with receiver() as local, receiver() as proxy, Caller(LOCAL, 5) as caller:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        answer = await caller.post(local.url, b"{}", {})

    assert (answer, len(local.heard), proxy.heard) == (Answer(204), 1, [])


async def test_what_the_operator_has_named_may_be_inside() -> None:
    async with receiver() as local:
        by_name, _ = await post(f"http://hooks.corp:{local.port}/", ["127.0.0.1"], allowed=Allowed.read("hooks.corp"))
        by_network, _ = await post(f"http://127.0.0.1:{local.port}/", allowed=LOCAL)
        not_named, _ = await post(f"http://other.corp:{local.port}/", ["127.0.0.1"], allowed=Allowed.read("hooks.corp"))
        own, _ = await post(f"http://localhost:{local.port}/", ["127.0.0.1"], trusted=True)

    assert [by_name, by_network, not_named, own] == [Answer(204), Answer(204), FORBIDDEN, Answer(204)]


async def test_an_endless_answer_is_not_read() -> None:
    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n")
        try:
            while True:
                sent.append(1)
                writer.write(b"x" * 65536)
                await writer.drain()
        except OSError:
            writer.close()

    sent: list[int] = []
    server = await asyncio.start_server(flood, "127.0.0.1", 0)
    async with server, Caller(LOCAL, 5) as caller:
        answer = await caller.post(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", b"{}", {})

    assert answer == Answer(200)
    assert len(sent) < 1000


async def test_who_does_not_answer_in_time_is_given_up() -> None:
    async with receiver() as local, Caller(LOCAL, 0.1) as caller:
        local.silent = asyncio.Event()
        answer = await caller.post(local.url, b"{}", {})

    assert answer == Answer(error="timeout")


@pytest.mark.parametrize(
    "babble", [b"", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n"]
)
async def test_what_speaks_no_http_is_an_error_that_quotes_nothing(babble: bytes) -> None:
    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(babble)
        writer.close()

    server = await asyncio.start_server(speak, "127.0.0.1", 0)
    async with server, Caller(LOCAL, 5) as caller:
        answer = await caller.post(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", b"{}", {})

    assert answer == Answer(error="no_http_answer")


async def test_nobody_there_is_an_error() -> None:
    async with receiver() as local:
        port = local.port

    answer, _ = await post(f"http://127.0.0.1:{port}/", allowed=LOCAL)

    assert answer == Answer(error="cannot_connect")


async def test_plain_http_behind_https_is_an_error() -> None:
    async with receiver() as local, Caller(LOCAL, 5) as caller:
        answer = await caller.post(local.url.replace("http:", "https:"), b"{}", {})

    assert answer == Answer(error="tls")
    assert local.heard == []


async def test_names_that_nobody_looks_up_keep_no_other_lookup_of_the_process_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    held, true = ThreadEvent(), socket.getaddrinfo

    def stall(host: Any, *args: Any, **kwargs: Any) -> Any:
        if host == "stalls.example.com":
            held.wait(20)
            raise socket.gaierror("no answer")
        return true(host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", stall)
    lookup, clock = Lookup(), SystemClock()
    try:
        async with asyncio.TaskGroup() as group:
            stalled = [group.create_task(_given_up(lookup)) for _ in range(MOST)]
            began = clock.monotonic()
            found = await asyncio.get_running_loop().getaddrinfo("127.0.0.1", 80)
            took = clock.monotonic() - began
            for each in stalled:
                each.cancel()
    finally:
        held.set()

    assert found
    assert took < 5
    assert (await until(lambda: not lookup._free.locked())) is True
    assert [each["host"] for each in await lookup.resolve("127.0.0.1", 80)] == ["127.0.0.1"]


async def _given_up(lookup: Lookup) -> None:
    await lookup.resolve("stalls.example.com")
