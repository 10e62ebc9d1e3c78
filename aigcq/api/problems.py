"""Errors over HTTP, as RFC 9457 problems: what, why, what to do."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aigcq import telemetry
from aigcq.errors import AigcqError, InvalidRequest, QueueFull, StoreUnavailable, VendorError
from aigcq.schemas import FieldError, Problem, field_errors

log = telemetry.logger()

MAX_BODY_BYTES = 1024 * 1024
"""No request of ours needs more: files are given by URL or by file id."""

PROBLEM = "application/problem+json"
DESCRIBED: Mapping[int | str, dict[str, Any]] = {
    status: {"model": Problem, "description": description, "content": {PROBLEM: {}}}
    for status, description in {
        400: "The body cannot be read.",
        404: "There is no such task, or its record has expired.",
        413: "The body is too large.",
        422: "A field is wrong: the answer names it and says what is allowed. Nothing was enqueued.",
        429: "The backlog is at its limit: try again after `Retry-After` seconds. Nothing was enqueued.",
        503: "Redis does not answer: repeat the call with the same Idempotency-Key.",
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


class TooLarge:
    """Turns the refusal of a body that is too large, which the framework gives as plain text, into a problem."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refused = False

        async def answer(message: Message) -> None:
            nonlocal refused
            if message["type"] == "http.response.start" and message["status"] == 413:
                refused = True
                advice = "Give files by URL or file id; no field of a request is that long."
                await _problem(413, "too_large", "The body is too large.", advice)(scope, receive, send)
            elif not refused:
                await send(message)

        await self._app(scope, receive, answer)


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
    app.add_middleware(RequestBodyLimitMiddleware, max_body_size=MAX_BODY_BYTES)
    app.add_middleware(TooLarge)  # the last one added is the outermost
    app.add_exception_handler(AigcqError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _fault)


async def _ours(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, AigcqError)
    if isinstance(error, StoreUnavailable):
        log.warning("store away", path=request.url.path, why=str(error))
    errors = field_errors(error) if isinstance(error, InvalidRequest) else []
    return _problem(error.status, error.code, str(error), error.advice, errors, error)


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    errors = field_errors(error.errors())
    detail = "; ".join(f"{each.field}: {each.message}" for each in errors)
    return _problem(422, InvalidRequest.code, detail, InvalidRequest.advice, errors)


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    phrase = HTTPStatus(error.status_code).phrase
    detail, advice = _told(request, error)
    response = _problem(error.status_code, phrase.lower().replace(" ", "_"), detail, advice)
    response.headers.update(error.headers or {})
    return response


def _told(request: Request, error: HTTPException) -> tuple[str, str]:
    """Return what went wrong and what to do, where the framework has only the status in words."""
    routes = "See /docs for the routes and what they take."
    match error.status_code:
        case 400:
            return "The body cannot be read: it must be JSON in UTF-8.", "Correct the body and send it again."
        case 404:
            return f"There is nothing at {ascii(request.url.path)[1:-1]}.", routes
        case 405:
            allowed = (error.headers or {}).get("Allow", "another method")
            return f"{request.method} does not work at {request.url.path}: it takes {allowed}.", routes
        case _:
            return str(error.detail), routes


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
    problem = Problem(
        type="about:blank",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        code=code,
        advice=advice,
        billed=error.billed if isinstance(error, VendorError) else None,
        errors=errors or [],
    )
    headers = {"Retry-After": str(error.retry_after_seconds)} if isinstance(error, QueueFull) else None
    return JSONResponse(
        problem.model_dump(mode="json", exclude_none=True),
        status_code=status,
        headers=headers,
        media_type=PROBLEM,
    )
