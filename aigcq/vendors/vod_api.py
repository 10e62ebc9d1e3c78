"""Calls to the vendor's API: one signed POST each, over one pool of connections.

The vendor's SDK is not used because its asynchronous client lets foreign exceptions through and takes
errors for answers when a charset follows the content type, and because its retries create tasks twice.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import aiohttp

from aigcq import metrics
from aigcq.clock import Clock
from aigcq.errors import ConfigurationError, VendorError, VendorUnavailable
from aigcq.vendors import tc3
from aigcq.vendors.skew import Skew
from aigcq.vendors.vod_action import Action, T
from aigcq.vendors.vod_answer import MESSAGE_MAX_CHARS
from aigcq.vendors.vod_codes import SIGNATURE_EXPIRED

SERVICE: Final = "vod"
VERSION: Final = "2018-07-17"
CONTENT_TYPE: Final = "application/json"
LANGUAGE: Final = "en-US"
CONNECTIONS: Final = 100
KEEPALIVE_SECONDS: Final = 4.0
"""Less than servers keep an idle connection (5 s and more): one that the server closes while we send makes a
submission ambiguous."""
_ENDPOINT: Final = re.compile(r"(https?)://((?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?)/?", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Who calls. Its repr tells nothing."""

    secret_id: str = field(repr=False)
    secret_key: str = field(repr=False)
    token: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        for name in ("secret_id", "secret_key", "token"):
            value = getattr(self, name)
            if not all("!" <= char <= "~" for char in value):
                raise ConfigurationError(f"TENCENTCLOUD_{name.upper()} must be plain ASCII without spaces.")

    def hide(self, text: str) -> str:
        """Return `text` without what nobody may read in a log."""
        for secret in (self.secret_id, self.secret_key, self.token):
            text = text.replace(secret, "***") if secret else text
        return text


class VodApi:
    """The API as seen by one account at one endpoint."""

    def __init__(
        self,
        account: Account,
        *,
        endpoint: str,
        region: str,
        timeout_seconds: float,
        clock: Clock,
        current: Callable[[], Account] | None = None,
    ) -> None:
        self._account = account
        self._clock = clock
        self._current = current
        self._url, self._host = _address(endpoint)
        self._region = region
        # Half of the time for getting a connection: a failure to get one is known to have sent nothing.
        self._timeout = aiohttp.ClientTimeout(total=timeout_seconds, connect=timeout_seconds / 2)
        self._session: aiohttp.ClientSession | None = None

    async def call(self, action: Action[T], params: Mapping[str, Any], *, moment: float, skew: Skew) -> T:
        """Return what the vendor answers, and measure it; `moment`, corrected by `skew`, dates the signature.

        Raises:
            VendorUnavailable: no connection: not a byte of the request has left.
            VendorError: what `action` says.
        """
        began, code = self._clock.monotonic(), "interrupted"
        try:
            answer, code = await self._ask(action, params, moment, skew), "ok"
            return answer
        except VendorError as error:
            code = metrics.code_of(error.code)
            raise
        finally:
            metrics.VENDOR_SECONDS.labels(action.name, code).observe(self._clock.monotonic() - began)

    async def _ask(self, action: Action[T], params: Mapping[str, Any], moment: float, skew: Skew) -> T:
        payload = json.dumps(params).encode("ascii")
        headers = self._headers(action.name, payload, int(skew.correct(moment)))
        try:
            async with self._open().post(self._url, data=payload, headers=headers, allow_redirects=False) as answer:
                status, date, body = answer.status, answer.headers.get("Date", ""), await answer.read()
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL) as error:
            raise VendorUnavailable(f"The vendor cannot be reached: {_why(error)}."[:MESSAGE_MAX_CHARS]) from None
        except (aiohttp.ClientError, OSError) as error:  # a TimeoutError is an OSError
            raise action.unanswered(self._account.hide(_why(error))) from None
        try:
            return action.interpret(status, body, self._account.hide)
        except VendorUnavailable as error:
            if error.vendor_code == SIGNATURE_EXPIRED:
                skew.learn(moment, date)
            raise

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    def _open(self) -> aiohttp.ClientSession:
        """Return the session; made late because it belongs to a running event loop."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=CONNECTIONS, keepalive_timeout=KEEPALIVE_SECONDS),
                timeout=self._timeout,
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,  # HTTP_PROXY would capture calls to a simulator on this machine
            )
        return self._session

    def _headers(self, action: str, payload: bytes, timestamp: int) -> dict[str, str]:
        if self._current:  # before each signature: who has replaced a secret need not restart anything
            self._account = self._current()
        account = self._account
        authorization = tc3.sign(
            secret_id=account.secret_id,
            secret_key=account.secret_key,
            service=SERVICE,
            host=self._host,
            payload=payload,
            timestamp=timestamp,
            content_type=CONTENT_TYPE,
        )
        headers = {
            "Authorization": authorization,
            "Content-Type": CONTENT_TYPE,
            "Host": self._host,
            "User-Agent": "aigcq",
            "X-TC-Action": action,
            "X-TC-Language": LANGUAGE,
            "X-TC-Region": self._region,
            "X-TC-Timestamp": str(timestamp),
            "X-TC-Token": account.token,
            "X-TC-Version": VERSION,
        }
        return {name: value for name, value in headers.items() if value}


def _address(endpoint: str) -> tuple[str, str]:
    """Return the URL to post to and the Host that is signed.

    Raises:
        ConfigurationError: it is not `http(s)://host[:port]`; a path could not be signed.
    """
    if found := _ENDPOINT.fullmatch(endpoint.strip()):
        scheme, host = found.groups()
        return f"{scheme}://{host}/", host
    raise ConfigurationError("TENCENTCLOUD_ENDPOINT must be like https://vod.tencentcloudapi.com, without a path.")


def _why(error: BaseException) -> str:
    return ": ".join(filter(None, (type(error).__name__, str(error))))
