"""Requests to the service: addressed, signed, repeated where that is safe, and their answers read."""

from __future__ import annotations

import itertools
import os
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar
from urllib.parse import quote, urljoin

from httpx2 import URL as Url
from httpx2 import (
    ConnectError,
    ConnectTimeout,
    HTTPError,
    InvalidURL,
    LocalProtocolError,
    PoolTimeout,
    Response,
    UnsupportedProtocol,
)

from aigcq.client.errors import AigcqError, Unavailable, error_of
from aigcq.client.models import Answer
from aigcq.client.retry import Retry
from aigcq.client.steps import Call, Nap, Steps, call

DEFAULT_URL: Final = "http://127.0.0.1:8000"
HOPELESS: Final = (InvalidURL, UnsupportedProtocol, LocalProtocolError)
UNSENT: Final = (ConnectError, ConnectTimeout, PoolTimeout)

A = TypeVar("A", bound=Answer)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """How one service is spoken to."""

    base_url: str
    api_key: str = field(repr=False)
    timeout_seconds: float
    retry: Retry
    draw: Callable[[], float] = random.random

    @classmethod
    def to(cls, base_url: str | None, api_key: str | None, timeout_seconds: float, retries: int) -> Wire:
        """Return the wire to a service; what is not given is read from AIGCQ_URL and AIGCQ_API_KEY."""
        url = base_url or os.environ.get("AIGCQ_URL") or DEFAULT_URL
        key = os.environ.get("AIGCQ_API_KEY", "") if api_key is None else api_key
        return cls(
            base_url=url.rstrip("/"), api_key=key, timeout_seconds=timeout_seconds, retry=Retry(most=max(0, retries))
        )

    def url(self, *path: str) -> str:
        """Return an address of the service; each part of the path is quoted."""
        return "/".join([self.base_url, *(quote(part, safe="") for part in path)])

    def resolved(self, url: str) -> str:
        """Return an address that the service has named, whole."""
        return urljoin(f"{self.base_url}/", url)

    def headers_for(self, url: str) -> dict[str, str]:
        """Return what proves who asks; an address that is not the service's gets nothing."""
        ours, theirs = Url(self.base_url), Url(url)
        same = (ours.scheme, ours.host, ours.port) == (theirs.scheme, theirs.host, theirs.port)
        return {"Authorization": f"Bearer {self.api_key}"} if self.api_key and same else {}

    def ask(
        self,
        method: str,
        *path: str,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str | list[str]] | None = None,
        repeatable: bool = True,
        longer_seconds: float = 0,
        accept: tuple[int, ...] = (),
    ) -> Steps[Response]:
        """Return the answer, if its status is below 400 or one that is accepted.

        Raises:
            AigcqError: what the service says is wrong, or Unavailable; after all retries.
        """
        url = self.url(*path)
        for sent in itertools.count(1):
            try:
                request = Call(
                    method,
                    url,
                    self.timeout_seconds + longer_seconds,
                    json=json,
                    headers={**self.headers_for(url), **(headers or {})},
                    params=params or {},
                )
                response = yield from call(request)
            except (HTTPError, InvalidURL) as error:
                failure: AigcqError = unavailable(url, error)
            else:
                if response.status_code < 400 or response.status_code in accept:
                    return response
                failure = error_of(response)
            delay = self.retry.delay(sent, failure, repeatable=repeatable, drawn=self.draw())
            if delay is None:
                raise failure
            yield Nap(delay)
        raise AssertionError("unreachable")


def unavailable(url: str, error: Exception) -> Unavailable:
    """Return the error for a request that got no answer; the address without what may be secret."""
    return Unavailable(
        f"{shown(url)} does not answer as it should: {type(error).__name__}.",
        advice="Is the service up?",
        unsent=isinstance(error, UNSENT),
        hopeless=isinstance(error, HOPELESS),
    )


def shown(url: str) -> str:
    """Return an address as people may read it: without its password, and without what follows a question mark."""
    begin, slashes, rest = url.partition("?")[0].rpartition("://")
    return f"{begin}{slashes}{rest.rpartition('@')[2]}"


def read(kind: type[A], response: Response) -> A:
    """Return the value of an answer.

    Raises:
        Unavailable: it is not one of aigcq's: a proxy's page, say, or another program.
    """
    try:
        return kind.read(response.json())
    except ValueError:
        raise Unavailable(
            f"{shown(str(response.request.url))} does not answer as it should: that is no {kind.__name__}.",
            status=response.status_code,
            advice="Is that the address of aigcq?",
            hopeless=True,
        ) from None
