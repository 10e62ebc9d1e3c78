"""What time it is at the vendor, as its answers are dated."""

from __future__ import annotations

import aiohttp

from aigcq.errors import VendorUnavailable
from aigcq.vendors.skew import moment_of


async def vendor_time(endpoint: str, timeout_seconds: float) -> float | None:
    """Return seconds since 1970 by the Date of an answer, whatever it says; None: it is not dated.

    Nothing is signed, and nothing costs.

    Raises:
        VendorUnavailable: no answer.
    """
    timeout = aiohttp.ClientTimeout(total=timeout_seconds)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, trust_env=False, cookie_jar=aiohttp.DummyCookieJar()) as session,
            session.get(endpoint, allow_redirects=False) as answer,
        ):
            return moment_of(answer.headers.get("Date", ""))
    except (aiohttp.ClientError, OSError) as error:  # a TimeoutError is an OSError
        raise VendorUnavailable(f"The vendor cannot be reached: {type(error).__name__}.") from None
