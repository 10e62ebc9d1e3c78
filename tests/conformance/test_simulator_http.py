"""What a client meets on the wire: spoilt answers, the gateway's order, the control endpoints."""

from __future__ import annotations

import io
import json
import threading
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from aigcq.clock import SystemClock
from aigcq.simulator import SimulatorSettings, server
from aigcq.simulator.signature import canonical_hash, signature

pytestmark = pytest.mark.asyncio

CLOCK = SystemClock()
SETTINGS = SimulatorSettings(latency=(0, 0), concurrency=50, create_rate=1000, hang_seconds=0.3, slow_seconds=0.3)
VIDEO = {"SubAppId": 1, "ModelName": "Hailuo", "ModelVersion": "2.3", "Prompt": "一个小男孩在街上跑步"}


class Wire:
    """A running simulator, and a bare HTTP client that signs."""

    def __init__(self, http: aiohttp.ClientSession, address: str) -> None:
        self.http = http
        self.address = address
        self.base = f"http://{address}"

    async def post(self, action: str, params: object, **headers: str) -> tuple[int, str, str]:
        """Send a signed request; return status, content type and body."""
        body = params if isinstance(params, bytes) else json.dumps(params).encode()
        sent = self._signed(action, body) | headers
        async with self.http.post(self.base + "/", data=io.BytesIO(body), headers=sent) as answer:
            return answer.status, answer.headers["Content-Type"], await answer.text()

    async def ask(self, action: str, params: object, **headers: str) -> Any:
        """Send a signed request; return its Response."""
        status, content_type, text = await self.post(action, params, **headers)
        assert (status, content_type) == (200, "application/json")
        return json.loads(text)["Response"]

    async def code(self, action: str, params: object, **headers: str) -> str:
        return str((await self.ask(action, params, **headers))["Error"]["Code"])

    async def create(self, **params: Any) -> Any:
        return await self.ask("CreateAigcVideoTask", VIDEO | params)

    async def control(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        async with self.http.request(method, f"{self.base}/_simulator/{path}", json=body) as answer:
            return answer.status, await answer.json()

    async def strike(self, *faults: str, **settings: Any) -> None:
        """Let each of these faults strike every request."""
        status, body = await self.control("PATCH", "settings", {"faults": dict.fromkeys(faults, 1)} | settings)
        assert status == 200, body

    async def created(self) -> int:
        return int((await self.control("GET", "counters"))[1]["tasks_created"])

    def _signed(self, action: str, body: bytes) -> dict[str, str]:
        moment = int(CLOCK.now())
        names = ("content-type", "host")
        headers = {"content-type": "application/json", "host": self.address}
        seal = signature(SETTINGS.secret_key, moment, "vod", canonical_hash("POST", "", headers, names, body))
        day = datetime.fromtimestamp(moment, UTC).date().isoformat()
        return {
            "Content-Type": "application/json",
            "X-TC-Action": action,
            "X-TC-Version": "2018-07-17",
            "X-TC-Timestamp": str(moment),
            "Authorization": f"TC3-HMAC-SHA256 Credential={SETTINGS.secret_id}/{day}/vod/tc3_request, "
            f"SignedHeaders={';'.join(names)}, Signature={seal}",
        }


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    simulator = server(SETTINGS, "127.0.0.1", 0)
    thread = threading.Thread(target=simulator.run)
    thread.start()
    while not simulator.started:
        thread.join(0.01)
    yield f"127.0.0.1:{simulator.servers[0].sockets[0].getsockname()[1]}"
    simulator.should_exit = True
    thread.join()


@pytest_asyncio.fixture
async def wire(address: str) -> AsyncIterator[Wire]:
    async with aiohttp.ClientSession() as http:
        wire = Wire(http, address)
        await wire.control("POST", "reset")
        yield wire


@pytest.mark.parametrize(("fault", "created"), [("request_lost", 0), ("reply_lost", 1), ("hang", 0), ("hang_after", 1)])
async def test_a_connection_is_dropped_before_or_after_the_task_is_made(wire: Wire, fault: str, created: int) -> None:
    await wire.strike(fault)

    with pytest.raises((aiohttp.ServerDisconnectedError, ConnectionResetError)):
        await wire.create()

    assert await wire.created() == created


@pytest.mark.parametrize(("fault", "created"), [("bad_gateway", 0), ("bad_gateway_after", 1)])
async def test_a_broken_proxy_answers_in_html(wire: Wire, fault: str, created: int) -> None:
    await wire.strike(fault)

    status, content_type, text = await wire.post("CreateAigcVideoTask", VIDEO)

    assert (status, content_type.split(";")[0], "<html>" in text) == (502, "text/html", True)
    assert await wire.created() == created


@pytest.mark.parametrize(("fault", "created"), [("bad_json", 0), ("bad_json_after", 1)])
async def test_an_answer_is_cut_off(wire: Wire, fault: str, created: int) -> None:
    await wire.strike(fault)

    status, _, text = await wire.post("CreateAigcVideoTask", VIDEO)

    assert status == 200
    with pytest.raises(ValueError, match="Unterminated"):
        json.loads(text)
    assert await wire.created() == created


CODES = [
    ("internal_error", "InternalError", 0),
    ("internal_error_after", "InternalError", 1),
    ("throttle_storm", "RequestLimitExceeded", 0),
    ("quota", "LimitExceeded.Quota", 0),
    ("auth_failure", "AuthFailure.SignatureFailure", 0),
]


@pytest.mark.parametrize(("fault", "code", "created"), CODES)
async def test_a_fault_answers_with_the_vendors_code(wire: Wire, fault: str, code: str, created: int) -> None:
    await wire.strike(fault)

    assert await wire.code("CreateAigcVideoTask", VIDEO) == code

    assert await wire.created() == created


async def test_a_slow_answer_is_late_and_right(wire: Wire) -> None:
    await wire.strike("slow")
    start = CLOCK.monotonic()

    answer = await wire.create()

    assert answer["TaskId"]
    assert CLOCK.monotonic() - start >= SETTINGS.slow_seconds


async def test_describe_faults_leave_creates_alone(wire: Wire) -> None:
    await wire.strike("describe_bad_gateway")

    task_id = (await wire.create())["TaskId"]

    assert (await wire.post("DescribeTaskDetail", {"TaskId": task_id}))[0] == 502
    await wire.strike("describe_internal_error")
    assert await wire.code("DescribeTaskDetail", {"TaskId": task_id}) == "InternalError"


async def test_an_asynchronous_failure_can_be_injected(wire: Wire) -> None:
    await wire.strike("async_fail:ContentModerationFailed")

    task_id = (await wire.create())["TaskId"]

    task = (await wire.ask("DescribeTaskDetail", {"TaskId": task_id}))["AigcVideoTask"]
    assert (task["ErrCode"], task["ErrCodeExt"]) == (70000, "ContentModerationFailed")


async def test_an_internal_error_can_burn_a_session_id_without_making_a_task(wire: Wire) -> None:
    await wire.strike("internal_error", refused_burns_session=True)
    await wire.create(SessionId="job:1")
    await wire.strike()

    code = await wire.code("CreateAigcVideoTask", VIDEO | {"SessionId": "job:1"})

    assert code == "InvalidParameterValue.SessionId"
    assert await wire.created() == 0


GATES = [
    ("MissingParameter", {"X-TC-Version": ""}),
    ("MissingParameter", {"X-TC-Action": ""}),
    ("NoSuchVersion", {"X-TC-Version": "2019-06-12"}),
    ("InvalidAction", {"X-TC-Action": "MakeVideo"}),
    ("AuthFailure.SignatureFailure", {"Authorization": "", "X-TC-Action": "MakeVideo"}),
]


@pytest.mark.parametrize(("code", "headers"), GATES)
async def test_the_gateway_looks_at_the_signature_before_action_and_version(
    wire: Wire, code: str, headers: dict[str, str]
) -> None:
    if "Authorization" in headers:
        headers = headers | {"Authorization": f"{wire._signed('x', b'')['Authorization'][:-64]}{'0' * 64}"}

    assert await wire.code("CreateAigcVideoTask", VIDEO, **headers) == code


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"Seed": NaN}', b"[" * 100_000], ids=["cut", "list", "nan", "deep"])
async def test_a_body_that_is_no_json_object_is_refused(wire: Wire, body: bytes) -> None:
    assert await wire.code("CreateAigcVideoTask", body) in ("InvalidRequest", "InvalidParameter")


async def test_a_body_over_ten_megabytes_is_refused(wire: Wire) -> None:
    assert await wire.code("CreateAigcVideoTask", b" " * (10 * 1024 * 1024 + 1)) == "RequestSizeLimitExceeded"


async def test_half_a_surrogate_pair_survives_the_way_there_and_back(wire: Wire) -> None:
    task_id = (await wire.create(Prompt="\ud800"))["TaskId"]

    detail = await wire.ask("DescribeTaskDetail", {"TaskId": task_id})

    assert detail["AigcVideoTask"]["Input"]["Prompt"] == "\ud800"
    assert (await wire.control("GET", "ledger"))[1]["tasks"][0]["Prompt"] == "\ud800"


async def test_the_ledger_counts_what_was_made_and_what_was_refused(wire: Wire) -> None:
    await wire.create(SessionId="job:1")
    await wire.create(SessionId="job:1")
    await wire.create(OutputConfig={"Duration": 10})
    await wire.create(Prompt="a nude fox")

    _, ledger = await wire.control("GET", "ledger")

    assert Counter(task["outcome"] for task in ledger["tasks"]) == {"succeeded": 2, "failed": 1}
    assert [task["billed_seconds"] for task in ledger["tasks"]] == [6, 10, 0]
    assert ledger["requests"]["CreateAigcVideoTask"] == {"ok": 3, "InvalidParameterValue.SessionId": 1}
    assert (ledger["sessions"], ledger["refused_creates"], ledger["max_live"]) == ({"job:1": 1}, 1, 1)


async def test_the_ledger_tells_when_a_task_was_last_asked_for(wire: Wire) -> None:
    polled, unpolled = [(await wire.create())["TaskId"] for _ in range(2)]
    _, before = await wire.control("GET", "ledger")
    await wire.ask("DescribeTaskDetail", {"TaskId": polled})
    _, after = await wire.control("GET", "ledger")

    assert [task["polled_ms"] for task in before["tasks"]] == [None, None]
    seen = {task["TaskId"]: task["polled_ms"] for task in after["tasks"]}
    assert seen[unpolled] is None
    assert before["now_ms"] <= seen[polled] <= after["now_ms"]


async def test_settings_change_at_run_time_and_bad_ones_are_named_and_change_nothing(wire: Wire) -> None:
    good, _ = await wire.control("PATCH", "settings", {"concurrency": 7})
    bad, answer = await wire.control("PATCH", "settings", {"concurrency": 8, "speed": 0})
    none, _ = await wire.control("PATCH", "settings", [])

    assert (good, bad, none, list(answer["errors"])) == (200, 422, 422, ["speed"])
    _, settings = await wire.control("GET", "settings")
    assert (settings["concurrency"], settings["secret_key"]) == (7, "***")


async def test_the_clock_never_goes_back(wire: Wire) -> None:
    for body in ({"advance_seconds": -1}, {"advance_seconds": "1"}, {"seconds": 1}, {}):
        assert (await wire.control("POST", "clock", body))[0] == 422


async def test_a_person_who_opens_the_address_is_told_what_it_is(wire: Wire) -> None:
    await wire.strike(latency=[9, 9], concurrency=12)
    await wire.create()

    async with wire.http.get(wire.base) as answer:
        page = await answer.text()

    assert "stand-in for Tencent Cloud VOD" in page
    assert "1 of 12" in page
    assert 'href="/_simulator/ledger"' in page
