"""The instruments of a process. Every name begins with `aigcq_`, and seconds are seconds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.metrics import MetricWrapperBase

from aigcq import __version__
from aigcq.metrics.hot import HotCounter, HotHistogram

NAMESPACE: Final = "aigcq"

disable_created_metrics()  # type: ignore[no-untyped-call]  # when a counter began tells nobody anything

REGISTRY: Final = CollectorRegistry()
"""All instruments of this process."""


def _counter(name: str, meaning: str, *labels: str) -> Counter:
    return Counter(name, meaning, labels, namespace=NAMESPACE, registry=REGISTRY)


def _gauge(name: str, meaning: str, *labels: str) -> Gauge:
    return Gauge(name, meaning, labels, namespace=NAMESPACE, registry=REGISTRY)


def _histogram(name: str, meaning: str, *labels: str, buckets: tuple[float, ...]) -> Histogram:
    return Histogram(name, meaning, labels, namespace=NAMESPACE, registry=REGISTRY, buckets=buckets)


_ANSWERS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_CALLS: Final = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 60.0)
_LOOKS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)

_gauge("build_info", "Which release this is: 1.", "version").labels(__version__).set(1)
ProcessCollector(namespace=NAMESPACE, registry=REGISTRY)

HTTP_REQUESTS: Final = HotCounter(
    "aigcq_http_requests",
    "Requests answered; route: as the document has it, or `other`; status: its class.",
    ("route", "method", "status"), REGISTRY,
)  # fmt: skip
HTTP_SECONDS: Final = HotHistogram(
    "aigcq_http_request_seconds",
    "From a request's head to the head of its answer: a stream of events is answered when it begins.",
    ("route", "method"), REGISTRY, _ANSWERS,
)  # fmt: skip
LISTENERS: Final = _gauge(
    "sse_listeners",
    "Clients whom this process tells of events, or lets wait for a task; who listens to all, once an account.",
)

CREATED: Final = HotCounter(
    "aigcq_tasks_created", "Tasks that were put in the queue; repetitions are none.", ("model",), REGISTRY
)
CLAIMS: Final = _counter(
    "claims",
    "Deliveries taken; how: `claimed` from the queue, or `reclaimed` from a worker that died or stopped.",
    "how",
)
HELD: Final = _gauge("held_tasks", "Deliveries in the hands of this worker.")
SUBMISSIONS: Final = _counter(
    "submissions",
    "Calls that were to create a vendor task; outcome: `accepted`, or the code of the error.",
    "outcome",
)
SETTLED: Final = _counter(
    "tasks_settled",
    "Tasks that a worker has ended; outcome: `succeed`, `fail`, `abort` or `expire`; code: of the error, if any.",
    "outcome", "model", "code",
)  # fmt: skip
RETRIES: Final = _counter(
    "tasks_put_back", "Deliveries that went back to their place to be tried again; code: why.", "code"
)
LEASES_LOST: Final = _counter("leases_lost", "Deliveries that another worker has taken over while this one had them.")
HANDED_BACK: Final = _counter("deliveries_handed_back", "Deliveries given back because this worker stops.")
REPAIRED: Final = _counter("tasks_repaired", "Tasks of which something was missing in Redis, and was mended.")

VENDOR_SECONDS: Final = _histogram(
    "vendor_call_seconds",
    "Calls to the vendor; action: its word; code: `ok`, or the code of the error.",
    "action", "code", buckets=_CALLS,
)  # fmt: skip
_REDIS_SECONDS: Final = HotHistogram(
    "aigcq_redis_batch_seconds", "One way to Redis and back, of all that went together.", (), REGISTRY, _LOOKS
)
REDIS_SECONDS: Final = _REDIS_SECONDS.labels()
REDIS_AWAY: Final = _counter("redis_away", "Lines of the log that say that Redis did not do what it was asked.")
STORAGE: Final = _counter(
    "videos_stored",
    "Copies of videos; outcome: `saved`, `retried` (this try has failed), `given_up`.",
    "outcome",
)
WEBHOOKS: Final = _counter("webhook_deliveries", "Calls of receivers; outcome: `delivered` or `failed`.", "outcome")
WEBHOOKS_DISABLED: Final = _counter("webhook_receivers_disabled", "Receivers that are called no more.")
FAULTS: Final = _counter("faults", "Faults of ours, each with a traceback in the log.")


# What alerts ask the increase of is there from the start: of a series that begins with its first event there is none.
for _outcome in ("delivered", "failed"):
    WEBHOOKS.labels(_outcome)
for _outcome in ("saved", "retried", "given_up"):
    STORAGE.labels(_outcome)
for _how in ("claimed", "reclaimed"):
    CLAIMS.labels(_how)


def exported() -> bytes:
    """Return all instruments as Prometheus reads them."""
    return generate_latest(REGISTRY)


class Documented(NamedTuple):
    """What there is to say of one metric; its name is that which is exported."""

    name: str
    kind: str
    labels: tuple[str, ...]
    meaning: str


def documented() -> Iterator[Documented]:
    """Yield every instrument, in the order of this file; those of the process itself as it exports them now."""
    for each in REGISTRY._collector_to_names:
        if isinstance(each, HotCounter | HotHistogram):
            yield Documented(
                each.name + ("_total" if each.kind == "counter" else ""), each.kind, each.labelnames, each.meaning
            )
        elif isinstance(each, MetricWrapperBase):
            suffix = "_total" if each._type == "counter" else ""
            yield Documented(each._name + suffix, str(each._type), tuple(each._labelnames), each._documentation)
    for family in ProcessCollector(namespace=NAMESPACE, registry=None).collect():
        suffix = "_total" if family.type == "counter" else ""
        yield Documented(family.name + suffix, str(family.type), (), family.documentation)
