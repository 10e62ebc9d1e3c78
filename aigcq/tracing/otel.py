"""Spans as OpenTelemetry has them. Only this file knows it, and it is loaded only where traces are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from hashlib import blake2b
from typing import Final, Self

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter, SpanExporter
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import Link, Span, SpanContext, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from aigcq import __version__
from aigcq.errors import AigcqError, ConfigurationError
from aigcq.tracing import Answered, Carried

_WORDS: Final = TraceContextTextMapPropagator()
_WANTED_ID: ContextVar[int] = ContextVar("span_id", default=0)
_MS: Final = 1_000_000
"""Nanoseconds."""


class _Ids(RandomIdGenerator):
    """Random ids, but for spans whose id others must know without being told."""

    def generate_span_id(self) -> int:
        return _WANTED_ID.get() or super().generate_span_id()


class Otel:
    """Traces with a provider of OpenTelemetry's."""

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("aigcq", __version__)

    @classmethod
    def exporting(cls, room: str, environment: Mapping[str, str]) -> Self:
        """Return a tracer that sends its spans where OTEL_… says; sampling and all else is the library's to read."""
        named = "OTEL_SERVICE_NAME" in environment or SERVICE_NAME in environment.get("OTEL_RESOURCE_ATTRIBUTES", "")
        resource = Resource.create({"aigcq.room": room} | ({} if named else {SERVICE_NAME: f"aigcq-{room}"}))
        provider = provider_of(resource)
        provider.add_span_processor(BatchSpanProcessor(_exporter(environment.get("OTEL_TRACES_EXPORTER", "otlp"))))
        return cls(provider)

    @contextmanager
    def request(self, method: str, parent: str) -> Iterator[tuple[str, Answered]]:
        answered = Answered()
        with self._open(self._tracer.start_span(method, _context(parent), SpanKind.SERVER)) as span:
            try:
                yield _traceparent(span), answered
            finally:
                span.update_name(f"{method} {answered.route}".rstrip())
                span.set_attributes({"http.request.method": method, "http.route": answered.route})
                span.set_attribute("http.response.status_code", answered.status)
                if answered.status >= 500:
                    span.set_status(Status(StatusCode.ERROR))

    @contextmanager
    def delivery(self, carried: Carried) -> Iterator[str]:
        parent = _context(carried.traceparent)
        facts = {f"aigcq.{name}": value for name, value in carried.facts.items()} | {"aigcq.task": carried.task_id}
        if carried.fence == 1 and carried.created_ms:
            queue = self._tracer.start_span("queue", parent, attributes=facts, start_time=carried.created_ms * _MS)
            queue.end(max(carried.created_ms, carried.started_ms) * _MS)
        with self._open(self._delivery(carried, parent, facts)) as span:
            yield _traceparent(span)

    def _delivery(self, carried: Carried, parent: Context, facts: Mapping[str, str | int]) -> Span:
        """Return the span of one handing-over, which links to what has raised the fence before it."""
        of_task = trace.get_current_span(parent).get_span_context()
        links = []
        if carried.fence > 1 and of_task.is_valid:
            before = _fence_id(carried.task_id, carried.fence - 1)
            links = [Link(SpanContext(of_task.trace_id, before, is_remote=True, trace_flags=of_task.trace_flags))]
        with _known(carried.task_id, carried.fence):
            return self._tracer.start_span("process", parent, SpanKind.CONSUMER, attributes=facts, links=links)

    @contextmanager
    def step(self, name: str, fenced: tuple[str, int] | None) -> Iterator[None]:
        with _known(*fenced) if fenced else nullcontext():
            span = self._tracer.start_span(name)
        with self._open(span):
            yield

    @contextmanager
    def _open(self, span: Span) -> Iterator[Span]:
        """Let a span be the one that is open; of an error it tells the code, and nobody's words."""
        with trace.use_span(span, end_on_exit=True, record_exception=False, set_status_on_exception=False):
            try:
                yield span
            except AigcqError as error:
                span.set_status(Status(StatusCode.ERROR, error.code))
                raise


def provider_of(resource: Resource | None = None) -> TracerProvider:
    """Return a provider whose ids are as `Otel` wants them."""
    return TracerProvider(resource=resource, id_generator=_Ids())


@contextmanager
def _known(task_id: str, fence: int) -> Iterator[None]:
    """Let a span that is begun within have the id by which others know it: that of a task's fence."""
    wanted = _WANTED_ID.set(_fence_id(task_id, fence))
    try:
        yield
    finally:
        _WANTED_ID.reset(wanted)


def _fence_id(task_id: str, fence: int) -> int:
    return int.from_bytes(blake2b(f"{task_id}:{fence}".encode(), digest_size=8).digest()) or 1


def _context(traceparent: str) -> Context:
    """Return what a span has for its parent: that, or nothing."""
    return _WORDS.extract({"traceparent": traceparent}, context=Context())


def _traceparent(span: Span) -> str:
    carrier: dict[str, str] = {}
    _WORDS.inject(carrier, trace.set_span_in_context(span, Context()))
    return carrier.get("traceparent", "")


def _exporter(name: str) -> SpanExporter:
    match name:
        case "otlp":
            return OTLPSpanExporter()
        case "console":
            return ConsoleSpanExporter()
    raise ConfigurationError(f"OTEL_TRACES_EXPORTER={name}: there is otlp (over HTTP), console and none.")
