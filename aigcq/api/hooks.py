"""A client's wish to be called back, whichever door it came by."""

from __future__ import annotations

from typing import Any

from aigcq.config import Settings
from aigcq.errors import InvalidRequest
from aigcq.outbound.guard import Forbidden, allowed_by, checked
from aigcq.schemas import Webhook


def callback(hook: Webhook | None, settings: Settings, field: str = "webhook.url") -> tuple[dict[str, Any], str]:
    """Return what goes into `client` of an order, and its `webhook`; both are empty without a wish.

    Raises:
        InvalidRequest: such an address is not called; `field` is what the client calls it.
    """
    if hook is None:
        return {}, ""
    try:
        checked(hook.url, allowed_by(settings.webhook_allow))
    except Forbidden as error:
        raise InvalidRequest(field, f"{field} {error}.") from None
    return {"webhook": {"url": hook.url}}, ",".join(sorted(set(hook.events), reverse=True))
