"""Who asks is not known, or may not do that."""

from __future__ import annotations

from aigcq.errors.ours import AigcqError


class InvalidApiKey(AigcqError):
    """The request has no API key, or none that is good for anything; nothing was done."""

    code = "invalid_api_key"
    status = 401
    advice = "Send `Authorization: Bearer aigcq_…` with a key that is in force; whoever runs the service makes them."

    def __init__(self, why: str = "This is no key of this service.") -> None:
        super().__init__(why)


class InvalidLink(AigcqError):
    """A signed address that was changed, or is over."""

    code = "invalid_link"
    status = 401
    advice = "Take the address anew from the task's status, or send an API key."

    def __init__(self, why: str) -> None:
        super().__init__(why)


class ScopeMissing(AigcqError):
    """The key is not good for that."""

    code = "missing_scope"
    status = 403
    advice = "Use a key that has this scope; `aigcq keys list` shows what each has."

    def __init__(self, scope: str) -> None:
        super().__init__(f"This takes a key with the scope {scope}.")
        self.scope = scope


class TooManyRequests(AigcqError):
    """More requests than the key, or the address, may make in a minute; nothing was done."""

    code = "too_many_requests"
    status = 429
    advice = "Wait as long as Retry-After says. How many there may be is a setting: `aigcq tenants set`."

    def __init__(self, of: str, per_minute: int, retry_after_seconds: int) -> None:
        super().__init__(f"This {of} may make {per_minute} requests in a minute, and has made more.")
        self.retry_after_seconds = max(1, retry_after_seconds)


class FirstKey(AigcqError):
    """Somebody without a key wants to make or see keys; whoever came first could shut the others out."""

    code = "first_key"
    status = 403
    advice = "Make the first key with `aigcq keys create --scope admin` where the service runs."

    def __init__(self) -> None:
        super().__init__("Keys are handled over HTTP by who has one: this request has none.")


class KeyNotFound(AigcqError):
    """No such API key."""

    code = "key_not_found"
    status = 404
    advice = "`aigcq keys list` shows the ids of all keys."

    def __init__(self, key_id: str) -> None:
        super().__init__(f"There is no key {key_id} that is in force.")


class TenantNotFound(AigcqError):
    """A tenant that has no settings of its own."""

    code = "tenant_not_found"
    status = 404
    advice = "`aigcq tenants list` shows those that have; any other has the defaults."

    def __init__(self, name: str) -> None:
        super().__init__(f"The tenant {name} has no settings of its own.")


class OtherAccount(AigcqError):
    """Vendor tasks of another account are live in this queue, which a worker of this one could only lose."""

    code = "other_account"
    status = 503
    advice = (
        "Let workers with the other account finish them, or give this account an AIGCQ_QUEUE of its own. "
        "If that account is gone for good, `aigcq account --forget`."
    )

    def __init__(self, ours: str, other: str, live: int) -> None:
        super().__init__(f"{live} vendor tasks of SubAppId {other} are live in this queue; this worker has {ours}.")
