"""A task is one trace, from the request that created it to its end, whichever workers had it."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Iterator, Mapping
from contextlib import redirect_stderr
from random import Random
from typing import Any

import pytest
import structlog
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import format_span_id, format_trace_id

from aigcq import catalogue, telemetry, tracing
from aigcq.clock import SystemClock
from aigcq.config import Settings
from aigcq.errors import ConfigurationError
from aigcq.model import ENDED
from aigcq.simulator import SimulatorSettings
from aigcq.store import Store, open_store
from aigcq.tracing.otel import Otel, provider_of
from aigcq.vendors.tencent_vod import TencentVod
from aigcq.worker.crew import Crew, Member
from aigcq.worker.worker import Worker
from tests.api.conftest import Service
from tests.conformance.bench import simulated
from tests.conftest import until

VIDEO = {"prompt": "a fox", "model_name": "Hailuo", "model_version": "2.3"}
TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
CLIENT = f"00-{TRACE}-{SPAN}-01"
SIMULATOR = SimulatorSettings(latency=(0.4, 0.4))


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    """What is traced, of all that happens in this process."""
    kept, provider = InMemorySpanExporter(), provider_of()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    tracing.use(Otel(provider))
    yield kept
    tracing.use(None)


class Silent:
    """Nobody is told by webhook here."""

    async def run(self, stop: Any) -> None: ...


async def _worked(settings: Settings, redis_url: str, vendor_url: str, reached: Any) -> None:
    """Let a worker run, in front of the simulator, until its queue has `reached` something."""
    clock = SystemClock()
    account = {"secret_id": SIMULATOR.secret_id, "secret_key": SIMULATOR.secret_key, "sub_app_id": 1500000001}
    async with open_store(settings, redis_url) as store, TencentVod(**account, endpoint=vendor_url, clock=clock) as vod:
        worker = Worker(store, vod, settings, clock, catalogue.load(), Random(1))

        async def employed() -> None: ...

        crew = Crew([Member(account="", worker=worker, deliverer=Silent(), employed=employed)])  # type: ignore[arg-type]
        async with asyncio.TaskGroup() as group:
            group.create_task(crew.run())
            await until(lambda: reached(store), 20)
            crew.stop()


def works(service: Service, redis_url: str, vendor_url: str, reached: Any) -> None:
    settings = service.store.connection.settings.model_copy(update={"worker_poll_interval": 0.05})
    asyncio.run(_worked(settings, redis_url, vendor_url, reached))


def phase_is(task_id: str, phase: str) -> Any:
    async def look(store: Store) -> bool:
        return (await store.tasks.get(task_id)).task.phase == phase

    return look


def has_ended(task_id: str) -> Any:
    async def look(store: Store) -> bool:
        return (await store.tasks.get(task_id)).task.status in ENDED

    return look


def by_name(spans: InMemorySpanExporter) -> Mapping[str, list[ReadableSpan]]:
    found: dict[str, list[ReadableSpan]] = {}
    for span in spans.get_finished_spans():
        found.setdefault(span.name, []).append(span)
    return found


def id_of(span: Any) -> str:
    return format_span_id((span.context if hasattr(span, "context") else span).span_id)


def test_a_task_is_one_trace_of_its_client_across_two_workers_and_each_delivery_links_to_the_one_before(
    service: Service, redis_url: str, spans: InMemorySpanExporter
) -> None:
    created = service.http.post("/aigc/create", json=VIDEO, headers={"traceparent": CLIENT}).json()["task_id"]
    with simulated(SIMULATOR) as vendor:
        works(service, redis_url, vendor, phase_is(created, "generating"))
        works(service, redis_url, vendor, has_ended(created))

    seen = by_name(spans)
    (request,), (queue,) = seen["POST /aigc/create"], seen["queue"]
    first, *later = deliveries = seen["process"]  # a worker that stops may take once more what it has given back
    assert later
    assert {format_trace_id(each.context.trace_id) for each in spans.get_finished_spans()} == {TRACE}
    assert id_of(request.parent) == SPAN
    assert {id_of(each.parent) for each in (queue, *deliveries)} == {id_of(request)}
    links = [[id_of(link.context) for link in each.links] for each in deliveries]
    assert links == [[], *([id_of(each)] for each in seen["hand back"])]
    assert [id_of(each.parent) for each in seen["hand back"]] == [id_of(each) for each in deliveries[:-1]]
    assert [id_of(each.parent) for each in seen["poll"]] == [id_of(each) for each in deliveries]
    assert [id_of(each.parent) for each in seen["submit"]] == [id_of(first)]
    assert [id_of(each.parent) for each in seen["settle"]] == [id_of(deliveries[-1])]
    assert queue.start_time and queue.end_time and first.start_time
    assert request.start_time and request.start_time - 50_000_000 <= queue.start_time <= queue.end_time
    assert (first.attributes or {})["aigcq.task"] == created


def test_without_tracing_the_client_s_trace_is_kept_for_who_traces_and_without_one_there_is_nothing(
    service: Service,
) -> None:
    def kept(**headers: str) -> str | None:
        task_id = service.http.post("/aigc/create", json=VIDEO, headers=headers).json()["task_id"]
        client, keys = service.store.connection.client, service.store.connection.keys
        found: str | None = service.on_store(client.hget, keys.task(task_id), "traceparent")
        return found

    assert kept(traceparent=CLIENT) == CLIENT
    assert kept() is None
    for none in ("00-xyz", f"00-{'0' * 32}-{SPAN}-01", f"00-{TRACE}-{SPAN}-01; drop", CLIENT.upper()):
        assert kept(traceparent=none) is None


def test_lines_of_a_delivery_name_its_attempt_its_worker_the_vendor_s_request_and_its_trace(
    service: Service, redis_url: str
) -> None:
    created = service.http.post("/aigc/create", json=VIDEO, headers={"traceparent": CLIENT}).json()["task_id"]
    written = io.StringIO()
    with redirect_stderr(written), simulated(SIMULATOR) as vendor:
        telemetry.configure(Settings(log_format="json"), "worker")
        works(service, redis_url, vendor, has_ended(created))
    structlog.reset_defaults()

    lines = {line["event"]: line for line in map(json.loads, written.getvalue().splitlines())}
    for event in ("submitted", "settled"):
        line = lines[event]
        assert (line["task"], line["attempt"], line["trace_id"]) == (created, 1, TRACE)
        assert line["worker"].startswith(lines["worker started"]["worker"])
        assert line["request_id"]
    assert lines["submitted"]["request_id"] != lines["settled"]["request_id"]
    assert lines["claimed"]["task"] == created and lines["claimed"]["worker"]


def test_what_is_asked_every_few_seconds_is_not_traced(service: Service, spans: InMemorySpanExporter) -> None:
    for path in ("/health", "/health/live", "/metrics"):
        service.http.get(path)

    assert not spans.get_finished_spans()


@pytest.mark.parametrize(
    ("environment", "wanted"),
    [
        ({}, False),
        ({"OTEL_SERVICE_NAME": "aigcq"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318", "OTEL_TRACES_EXPORTER": "none"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318", "OTEL_SDK_DISABLED": "true"}, False),
        ({"OTEL_TRACES_EXPORTER": "console"}, True),
    ],
)
def test_the_environment_asks_for_traces_in_its_own_words(environment: dict[str, str], wanted: bool) -> None:
    assert tracing.wanted(environment) is wanted


def test_without_the_extra_whoever_asks_for_traces_is_told_how_to_have_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "aigcq.tracing.otel", None)

    with pytest.raises(ConfigurationError, match="otel"):
        tracing.configure("api", {"OTEL_TRACES_EXPORTER": "console"})


def test_an_exporter_that_there_is_not_is_told() -> None:
    with pytest.raises(ConfigurationError, match="zipkin"):
        tracing.configure("api", {"OTEL_TRACES_EXPORTER": "zipkin"})
