"""POSTs to others' addresses: what is connected to is what was looked at, and nothing is followed."""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from aigcq.outbound.addresses import parsed
from aigcq.outbound.guard import Allowed, Forbidden, check_address, check_host, checked
from aigcq.outbound.lookup import Lookup

CONNECT_SECONDS: Final = 5.0
"""Of the time for a whole call; who does not take a connection by then is not there."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one call."""

    status: int = 0
    """HTTP status; 0: there was no answer."""
    error: str = ""
    """Why there was none, in a word for machines: never anything of the URL or of what was answered."""

    @property
    def accepted(self) -> bool:
        return 200 <= self.status < 300


class Caller:
    """One process's way out, inside `async with`."""

    def __init__(self, allowed: Allowed, timeout_seconds: float, resolver: AbstractResolver | None = None) -> None:
        self._allowed = allowed
        self._timeout = aiohttp.ClientTimeout(total=timeout_seconds, connect=min(CONNECT_SECONDS, timeout_seconds))
        self._resolver = resolver
        self._sessions: list[aiohttp.ClientSession] = []

    async def __aenter__(self) -> Caller:
        resolver = self._resolver or Lookup()
        guarded = _Guarded(resolver, self._allowed)
        self._sessions = [
            self._session(guarded, guarded.connected),
            self._session(resolver, None),
        ]
        return self

    async def __aexit__(self, *_: object) -> None:
        for session in self._sessions:
            await session.close()

    async def post(self, text: str, body: bytes, headers: Mapping[str, str], *, trusted: bool = False) -> Answer:
        """Send `body` there; whatever happens is an `Answer`.

        With `trusted` the operator has given the address: it may lead anywhere.
        """
        try:
            url = URL(text) if trusted else checked(text, self._allowed)
        except (Forbidden, ValueError):
            return Answer(error="forbidden_address")
        guarded, unguarded = self._sessions
        session = unguarded if trusted or self._allowed.host(url.raw_host or "") else guarded
        try:
            # What is answered is not read: nobody needs it, and it may be endless. A redirect is an answer.
            async with session.post(url, data=body, headers=headers, allow_redirects=False) as response:
                return Answer(response.status)
        except (aiohttp.ClientError, OSError, ValueError) as error:  # a TimeoutError is an OSError
            return Answer(error=_word(error))

    def _session(self, resolver: AbstractResolver, connected: Any) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            limit=0,  # who calls bounds it
            resolver=resolver,
            use_dns_cache=False,  # a name is looked up for each connection, and each answer is looked at
            force_close=True,  # a receiver hears of us rarely, and what is connected stays looked at
            socket_factory=connected,
        )
        return aiohttp.ClientSession(
            connector=connector,
            timeout=self._timeout,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,  # a proxy would connect to what nobody here has looked at; and no .netrc
        )


class _Guarded(AbstractResolver):
    """Looks names up, and lets nobody connect to an address that is inside."""

    def __init__(self, resolver: AbstractResolver, allowed: Allowed) -> None:
        self._resolver = resolver
        self._allowed = allowed

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        check_host(host, self._allowed)
        found = await self._resolver.resolve(host, port, family)
        for each in found:  # one of them is enough to refuse all: no honest name leads both ways
            self._check(each["host"])
        return found

    async def close(self) -> None:
        await self._resolver.close()

    def connected(self, info: tuple[Any, Any, int, str, Sequence[Any]]) -> socket.socket:
        """Return the socket with which aiohttp then connects to just this address.

        Here too: an address in the URL itself is not looked up.
        """
        family, kind, proto, _, address = info
        self._check(address[0])
        return socket.socket(family, kind, proto)

    def _check(self, text: str) -> None:
        address = parsed(text)
        if address is None:
            raise Forbidden("is no address")
        check_address(address, self._allowed)


def _word(error: BaseException) -> str:
    """Return what went wrong; the text of an error may quote the URL, so its class is told."""
    inner = getattr(error, "os_error", None)
    match inner or error:
        case Forbidden():
            return "forbidden_address"
        case TimeoutError():
            return "timeout"
    match error:
        case aiohttp.ClientSSLError() | aiohttp.ServerFingerprintMismatch():
            return "tls"
        case aiohttp.ClientConnectorDNSError():
            return "name_not_found"
        case aiohttp.ClientConnectorError():
            return "cannot_connect"
        case aiohttp.ClientError():
            return "no_http_answer"
    return "connection_broken"
