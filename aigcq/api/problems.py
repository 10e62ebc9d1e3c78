"""Errors over HTTP, as RFC 9457 problems: what, why, what to do."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aigcq import telemetry
from aigcq.api.eta import room_in
from aigcq.errors import (
    AigcqError,
    BudgetExceeded,
    InvalidRequest,
    PositionTooFar,
    QueueFull,
    StorageUnavailable,
    StoreUnavailable,
    TenantBacklogFull,
    TooManyListeners,
    TooManyRequests,
    UploadsFull,
    VendorError,
)
from aigcq.schemas import BudgetState, FieldError, Problem, field_errors, shortened

log = telemetry.logger()

PROBLEM = "application/problem+json"
LATER = (QueueFull, TenantBacklogFull, PositionTooFar, TooManyListeners, TooManyRequests, UploadsFull)
"""What may be over when it is tried again."""
DESCRIBED: Mapping[int | str, dict[str, Any]] = {
    status: {"model": Problem, "description": description, "content": {PROBLEM: {}}}
    for status, description in {
        400: "The body cannot be read.",
        402: "It may cost more than a budget has left or than max_cost allows, or nobody knows what it costs: `code` "
        "says, and `budget` what remains. Nothing was enqueued.",
        404: "There is no such task, or its record has expired; or what is asked for is not there (yet): `code` says.",
        408: "The body was not complete in time.",
        409: "The task is not in a state that allows it.",
        413: "The body is too large.",
        422: "A field is wrong: the answer names it and says what is allowed. Nothing was enqueued.",
        429: "The backlog is at its limit: try again after `Retry-After` seconds. Nothing was enqueued.",
        503: "Redis does not answer, or too few replicas have the task: whether it is there is unknown. "
        "Repeat the call with the same Idempotency-Key, or ask for the status of `task_id`.",
    }.items()
}
"""For `responses=` of a route: what a problem with this status means."""


def documented(document: dict[str, Any]) -> dict[str, Any]:
    """Return the OpenAPI `document` with problems under their own media type; the framework files them as JSON."""
    for path in document["paths"].values():
        for operation in path.values():
            for response in operation["responses"].values():
                content = response.get("content", {})
                if PROBLEM in content and "application/json" in content:
                    content[PROBLEM] = content.pop("application/json")
    return document


def described(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the documentation of the problems that a route may answer with."""
    return {status: DESCRIBED[status] for status in statuses}


class StartFailure:
    """Turns what keeps the service from starting into a sentence: the framework would print a traceback."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def tell(message: Message) -> None:
            error = sys.exception()  # the framework tells of it while it handles it
            if message["type"] == "lifespan.startup.failed" and isinstance(error, AigcqError):
                message = {**message, "message": f"aigcq: {error}\n{error.advice}"}
            await send(message)

        await self._app(scope, receive, tell if scope["type"] == "lifespan" else send)


def install(app: FastAPI) -> None:
    """Make every error of `app` a problem."""
    generated = app.openapi
    app.openapi = lambda: documented(generated())  # type: ignore[method-assign]  # FastAPI's own way to extend it
    app.add_middleware(StartFailure)
    app.add_exception_handler(AigcqError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _fault)


async def told(request: Request, error: Exception) -> JSONResponse:
    """Return `error` as a problem, as the framework would."""
    match error:
        case AigcqError():
            return await _ours(request, error)
        case HTTPException():
            return await _http(request, error)
        case _:
            return await _fault(request, error)


async def _ours(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, AigcqError)
    if isinstance(error, StoreUnavailable):
        log.warning("store away", path=request.url.path, why=str(error))
    if isinstance(error, StorageUnavailable):
        log.warning("storage away", path=request.url.path, why=error.why)
    if isinstance(error, QueueFull):
        with suppress(StoreUnavailable):
            error.retry_after_seconds = await room_in(request.app.state.measured)
    errors = field_errors(error) if isinstance(error, InvalidRequest) else []
    return _problem(error.status, error.code, str(error), error.advice, errors, error)


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    errors = field_errors(error.errors())
    detail = "; ".join(f"{each.field}: {each.message}" for each in errors)
    if (more := len(error.errors()) - len(errors)) > 0:
        detail += f"; and {more} more"
    return _problem(422, InvalidRequest.code, detail, InvalidRequest.advice, errors)


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    if isinstance(error.__cause__, AigcqError):  # FastAPI has made a 400 of what the reading of the body raised
        return await _ours(request, error.__cause__)
    code = CODES.get(error.status_code) or HTTPStatus(error.status_code).phrase.lower().replace(" ", "_")
    detail, advice = _told(request, error)
    response = _problem(error.status_code, code, detail, advice)
    response.headers.update(error.headers or {})
    if error.status_code == 405:
        response.headers["Allow"] = _allowed(request)
    return response


def _allowed(request: Request) -> str:
    """Return the methods that the address takes, of all its routes: the framework knows those of the first one."""

    def takes(method: str) -> bool:
        scope = {**request.scope, "method": method}
        return any(route.matches(scope)[0] is Match.FULL for route in request.app.routes)

    return ", ".join(method for method in _METHODS if takes(method))


_METHODS = ("DELETE", "GET", "PATCH", "POST", "PUT")


CODES: Mapping[int, str] = {408: "too_slow", 413: "too_large"}
"""Where the phrase of HTTP differs from one Python to the next, or says less."""


def too_large(limit: str) -> JSONResponse:
    """Return the refusal of a body that is longer than `limit` says."""
    return _problem(413, CODES[413], limit, _ADVICE[413])


_ADVICE: Mapping[int, str] = {
    400: "Correct the body and send it again.",
    408: "Send the request again, its body without a pause.",
    413: "Give files by URL or file id; no field of a request is that long.",
}
_ROUTES = "See /docs for the routes and what they take."


def _told(request: Request, error: HTTPException) -> tuple[str, str]:
    """Return what went wrong and what to do, where the framework has only the status in words."""
    where = shortened(ascii(request.url.path)[1:-1])
    match error.status_code:
        case 404:
            return f"There is nothing at {where}.", _ROUTES
        case 405:
            return f"{request.method} does not work at {where}: it takes {_allowed(request)}.", _ROUTES
        case status:
            return str(error.detail), _ADVICE.get(status, _ROUTES)


async def _fault(request: Request, error: Exception) -> JSONResponse:
    """A fault of ours; the server logs its traceback, the client never sees it."""
    log.error("internal error", path=request.url.path, error=type(error).__name__)
    return _problem(500, AigcqError.code, "A fault in aigcq stopped this request.", AigcqError.advice)


def _problem(
    status: int,
    code: str,
    detail: str,
    advice: str,
    errors: list[FieldError] | None = None,
    error: AigcqError | None = None,
) -> JSONResponse:
    problem = _stated(status, code, detail, advice, errors, error)
    headers = {"Retry-After": str(error.retry_after_seconds)} if isinstance(error, LATER) else {}
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(
        problem.model_dump(mode="json", exclude_none=True),
        status_code=status,
        headers=headers,
        media_type=PROBLEM,
    )


def problem_of(error: AigcqError) -> Problem:
    """Return what `error` would be answered with, to be part of another answer."""
    errors = field_errors(error) if isinstance(error, InvalidRequest) else []
    return _stated(error.status, error.code, str(error), error.advice, errors, error)


def _stated(
    status: int, code: str, detail: str, advice: str, errors: list[FieldError] | None, error: AigcqError | None
) -> Problem:
    return Problem(
        type="about:blank",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        code=code,
        advice=advice,
        billed=error.billed if isinstance(error, VendorError) else None,
        task_id=(error.task_id or None) if isinstance(error, StoreUnavailable) else None,
        budget=BudgetState.model_validate(error.budget) if isinstance(error, BudgetExceeded) else None,
        errors=errors or [],
    )
