"""Who comes in: before anything of a request is read but its head.

What is behind finds the caller at `scope["state"]["caller"]`; what its tenant may take is told by
`scope["app"].state.keyring.settings_of(caller)`.
"""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.routing import Match
from starlette.types import ASGIApp, Receive, Scope, Send

from aigcq.api import problems
from aigcq.api.keyring import Keyring
from aigcq.api.links import signed_query
from aigcq.api.rights import LOOKING, METRICS, SIGNED, needed
from aigcq.caller import OPERATOR, Caller
from aigcq.errors import AigcqError, InvalidApiKey, ScopeMissing, StoreUnavailable
from aigcq.exporter import admits

STATE: Final = "caller"
SCHEMES: Final = ("bearer", "token")
"""How clients announce a key; Replicate's older ones say `Token`."""


def caller_of(scope: Scope) -> Caller:
    """Return who makes this request."""
    caller: Caller = scope["state"][STATE]
    return caller


class Gate:
    """Lets in who may; others are answered here, and cost nothing more."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        keyring: Keyring = scope["app"].state.keyring
        try:
            if keyring.open:
                caller = OPERATOR
            else:
                caller = await (_scraper if scope["path"] == METRICS else _admitted)(scope, keyring)
        except AigcqError as error:
            problem = await problems.told(Request(scope), error)
            await problem(scope, receive, send)
            return
        scope.setdefault("state", {})[STATE] = caller
        await self._app(scope, receive, send)


async def _scraper(scope: Scope, keyring: Keyring) -> Caller:
    """Return who reads figures: AIGCQ_METRICS_TOKEN is enough. Who asks while Redis is away is not to be sent away.

    Raises: as `_admitted`.
    """
    given = [value for name, value in scope["headers"] if name == b"authorization"]
    if len(given) == 1 and admits(scope["app"].state.settings, given[0].decode("latin-1")):
        return OPERATOR
    try:
        return await _admitted(scope, keyring)
    except StoreUnavailable:
        if keyring.was_open:
            return OPERATOR
        raise


async def _admitted(scope: Scope, keyring: Keyring) -> Caller:
    """Return who asks.

    Raises:
        InvalidApiKey: it does not say, or what it says is not so.
        InvalidLink: its address was changed, or is over.
        ScopeMissing: it may not do that.
        StoreUnavailable: nobody can say now.
    """
    wanted = needed(scope["method"], scope["path"])
    if wanted is None or not await keyring.needed():
        return OPERATOR
    try:
        caller = await _known(scope, keyring)
    except InvalidApiKey:
        if _leads_somewhere(scope):
            raise
        return Caller(scopes=frozenset())  # whom the framework tells that there is nothing, or what there is instead
    if not caller.may(wanted):
        raise ScopeMissing(wanted)
    return caller


async def _known(scope: Scope, keyring: Keyring) -> Caller:
    given = [value for name, value in scope["headers"] if name == b"authorization"]
    if not given and scope["method"] in LOOKING and SIGNED.fullmatch(scope["path"]):
        query = signed_query(scope.get("query_string", b""))
        if query is not None:
            return await keyring.bearer(scope["path"], query)
    if not given:
        raise InvalidApiKey("This takes an API key, and the request has none.")
    scheme, _, key = given[0].decode("latin-1").strip().partition(" ")
    if len(given) > 1 or scheme.lower() not in SCHEMES:
        raise InvalidApiKey("The header Authorization must be given once, as `Bearer aigcq_…`.")
    return await keyring.caller(key.strip())


def _leads_somewhere(scope: Scope) -> bool:
    """Whether there is a route for this; to ask costs more than most answers do."""
    return any(route.matches(scope)[0] is Match.FULL for route in scope["app"].routes)
