"""What is counted, from which line, and with which words."""

from __future__ import annotations

import asyncio
import io
import socket
from contextlib import redirect_stderr

import aiohttp
import pytest
import structlog
from pydantic import SecretStr

from aigcq import metrics, telemetry
from aigcq.config import Settings
from aigcq.exporter import FIGURES, listening
from aigcq.metrics.events import EVENTS
from tests import figures
from tests.figures import Figures, of


def counted() -> Figures:
    return figures.read(metrics.exported().decode())


@pytest.mark.parametrize("level", ["info", "error"])
def test_an_event_counts_whether_its_line_is_shown_or_not(level: str) -> None:
    before, written = counted(), io.StringIO()
    with redirect_stderr(written):
        telemetry.configure(Settings(log_level=level), "worker")
        telemetry.logger().info("settled", task="t", outcome="succeed", code="", model="Hailuo-2.3")
    structlog.reset_defaults()

    labels = {"outcome": "succeed", "model": "Hailuo-2.3", "code": ""}
    assert of(counted(), "tasks_settled_total", **labels) - of(before, "tasks_settled_total", **labels) == 1
    assert bool(written.getvalue()) is (level == "info")


def test_words_that_nobody_knows_are_one_word() -> None:
    for number in range(100):
        metrics.counted(None, "info", {"event": "queued", "model": f"made-up-{number}"})
        metrics.counted(None, "info", {"event": "put back", "code": f"made-up-{number}"})

    seen = counted()

    assert of(seen, "tasks_created_total", model="other") >= 100
    assert of(seen, "tasks_put_back_total", code="other") >= 100
    assert not [labels for _, labels in seen if "made-up" in str(labels)]
    assert all(len(each._known) < 60 for each in EVENTS.values() if hasattr(each, "_known"))


def test_every_metric_has_a_meaning_and_a_name_of_ours() -> None:
    documented = [*metrics.documented()]
    named = [each.name for each in documented] + [each.name for each in FIGURES]

    assert all(name.startswith("aigcq_") for name in named)
    assert len(set(named)) == len(named)
    assert all(each.meaning.endswith(".") for each in FIGURES)
    assert {"aigcq_tasks_settled_total", "aigcq_process_cpu_seconds_total"} <= {*named}


class Said:
    """In place of what a worker would answer."""

    async def text(self) -> bytes:
        return b"aigcq_queued 1\n"


async def _asked(port: int, token: str = "") -> tuple[int, str]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with aiohttp.ClientSession() as http, http.get(f"http://127.0.0.1:{port}/metrics", headers=headers) as answer:
        return answer.status, await answer.text()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as door:
        return int(door.getsockname()[1])


@pytest.mark.asyncio
async def test_a_worker_answers_on_its_own_port_while_it_works_and_stops_at_once() -> None:
    port = _free_port()
    settings = Settings(metrics_port=port, metrics_token=SecretStr("s3cret"))

    async with listening(settings, Said()):  # type: ignore[arg-type]
        told, refused = await _asked(port, "s3cret"), await _asked(port)

    assert (told, refused[0]) == ((200, "aigcq_queued 1\n"), 401)
    with pytest.raises(aiohttp.ClientConnectorError):
        await _asked(port)


@pytest.mark.asyncio
async def test_a_port_that_is_taken_stops_no_worker() -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        async with listening(Settings(metrics_port=door.getsockname()[1]), Said()):  # type: ignore[arg-type]
            worked = True

    assert worked


@pytest.mark.asyncio
async def test_by_default_no_port_is_opened() -> None:
    async with asyncio.timeout(1), listening(Settings(), None):  # type: ignore[arg-type]
        pass
