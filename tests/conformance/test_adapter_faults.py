"""What our adapter makes of a vendor, a network, an account and clocks that fail."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from aigcq.errors import (
    VendorAccount,
    VendorDuplicate,
    VendorError,
    VendorUnavailable,
    VendorUnknown,
)
from aigcq.vendors.base import JobStatus
from tests.conformance.bench import APP, TASK, Bench

pytestmark = pytest.mark.asyncio

SESSION = f"{TASK}:1"
MISSING_TASK = f"{APP}-AigcVideoTask-{TASK}t"


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port at which nobody ever says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


@pytest.mark.parametrize("fault", ["reply_lost", "bad_gateway_after", "bad_json_after", "internal_error_after"])
async def test_a_submission_whose_answer_is_lost_is_found_by_its_session_id(bench: Bench, fault: str) -> None:
    vendor = await bench.adapter()
    await bench.strike(fault)

    with pytest.raises(VendorUnknown):
        await bench.submit(vendor)
    await bench.strike()
    with pytest.raises(VendorDuplicate):
        await bench.submit(vendor)
    found = await bench.find(vendor)

    (task,) = await bench.tasks()
    assert found == task["TaskId"]


@pytest.mark.parametrize("fault", ["request_lost", "bad_gateway", "bad_json", "internal_error"])
async def test_a_submission_that_was_lost_can_be_sent_again(bench: Bench, fault: str) -> None:
    vendor = await bench.adapter()
    await bench.strike(fault)

    with pytest.raises(VendorUnknown):
        await bench.submit(vendor)
    assert await bench.find(vendor) is None
    await bench.strike()
    task_id = await bench.submit(vendor)

    assert await bench.find(vendor) == task_id


@pytest.mark.parametrize(("fault", "created"), [("hang", 0), ("hang_after", 1)])
async def test_a_vendor_that_hangs_is_given_up_on(bench: Bench, fault: str, created: int) -> None:
    vendor = await bench.adapter(timeout_seconds=1)
    await bench.strike(fault)

    with pytest.raises(VendorUnknown):
        await bench.submit(vendor)

    assert len(await bench.tasks()) == created


async def test_nothing_is_ever_sent_twice_by_itself(bench: Bench) -> None:
    vendor = await bench.adapter()
    await vendor.probe()  # so that the next call meets a kept connection, which clients like to retry on
    await bench.strike("reply_lost")

    with pytest.raises(VendorUnknown):
        await bench.submit(vendor)

    assert await bench.requests("CreateAigcVideoTask") == {"ok": 1}


@pytest.mark.parametrize("fault", ["request_lost", "reply_lost", "bad_gateway", "bad_json", "internal_error", "slow"])
async def test_a_look_without_an_answer_is_looked_again(bench: Bench, fault: str) -> None:
    task_id = await bench.submit(await bench.adapter())
    vendor = await bench.adapter(timeout_seconds=0.5)
    await bench.strike(f"describe_{fault}")

    for look in (vendor.describe(task_id), bench.find(vendor), vendor.probe()):
        with pytest.raises(VendorUnavailable):
            await look


async def test_a_refused_connection_has_sent_nothing(bench: Bench) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    vendor = await bench.adapter(endpoint=f"http://127.0.0.1:{port}")

    with pytest.raises(VendorUnavailable, match="cannot be reached"):
        await bench.submit(vendor)


async def test_a_name_that_does_not_resolve_has_sent_nothing(bench: Bench) -> None:
    vendor = await bench.adapter(endpoint="http://vod.invalid")

    with pytest.raises(VendorUnavailable, match="cannot be reached"):
        await bench.submit(vendor)


async def test_a_handshake_that_does_not_end_has_sent_nothing(bench: Bench, silent_port: int) -> None:
    vendor = await bench.adapter(endpoint=f"https://127.0.0.1:{silent_port}", timeout_seconds=0.4)

    with pytest.raises(VendorUnavailable, match="cannot be reached"):
        await bench.submit(vendor)


async def test_a_server_that_took_the_request_may_have_acted_on_it(bench: Bench, silent_port: int) -> None:
    vendor = await bench.adapter(endpoint=f"http://127.0.0.1:{silent_port}", timeout_seconds=1)

    with pytest.raises(VendorUnknown):
        await bench.submit(vendor)


async def test_a_proxy_of_the_environment_is_not_used(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    vendor = await bench.adapter()

    await vendor.probe()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"secret_key": "not-the-key"}, "AuthFailure.SignatureFailure"),
        ({"secret_id": "AKIDnobody"}, "AuthFailure.SecretIdNotFound"),
        ({"token": "not-a-token"}, "AuthFailure.TokenFailure"),
    ],
)
async def test_wrong_credentials_are_the_accounts_trouble(bench: Bench, changes: dict[str, str], code: str) -> None:
    vendor = await bench.adapter(**changes)

    for call in (bench.submit(vendor), vendor.probe(), vendor.describe(MISSING_TASK), vendor.abort(MISSING_TASK)):
        with pytest.raises(VendorAccount) as raised:
            await call
        assert raised.value.vendor_code == code
        assert raised.value.request_id
        assert not any(secret in said(raised.value) for secret in changes.values())


async def test_a_used_up_quota_is_the_accounts_trouble(bench: Bench) -> None:
    vendor = await bench.adapter()
    await bench.strike("quota")

    with pytest.raises(VendorAccount):
        await bench.submit(vendor)


async def test_secrets_are_in_no_error_and_no_repr(bench: Bench, silent_port: int) -> None:
    account = {"secret_id": "AKIDsecretive", "secret_key": "hush-hush-hush", "token": "session-token"}
    broken = {"endpoint": f"http://127.0.0.1:{silent_port}", "timeout_seconds": 1}
    wrong, silent = await bench.adapter(**account), await bench.adapter(**account, **broken)

    texts = [repr(wrong), str(wrong), repr(wrong._api._account)]
    for vendor in (wrong, silent):
        with pytest.raises(VendorError) as raised:
            await bench.submit(vendor)
        texts.append(said(raised.value))

    assert not any(secret in text for secret in account.values() for text in texts)


def said(error: VendorError) -> str:
    """Return everything that can be read of an error."""
    return f"{error!r} {error.args} {vars(error)} {error.public()} {error.__cause__!r}"


@pytest.mark.parametrize("off", [-600, 600])
async def test_a_worker_and_a_redis_whose_clock_is_off_recover_by_themselves(bench: Bench, off: float) -> None:
    vendor = await bench.adapter()
    bench.clock.off_seconds = off

    for call in (bench.submit(vendor), vendor.probe()):
        with pytest.raises(VendorUnavailable) as raised:
            await call
        assert raised.value.vendor_code == "AuthFailure.SignatureExpire"
    await vendor.probe()
    task_id = await bench.submit(vendor, late=-1.5)

    assert (await vendor.describe(task_id)).status is JobStatus.RUNNING


async def test_a_worker_whose_clock_is_off_can_submit_by_that_of_redis(bench: Bench) -> None:
    vendor = await bench.adapter()
    bench.clock.off_seconds = 600
    with pytest.raises(VendorUnavailable):
        await vendor.probe()
    await vendor.probe()

    await bench.submit(vendor, late=600)


async def test_submissions_that_were_held_up_stay_refused(bench: Bench) -> None:
    vendor = await bench.adapter()

    for session_id in ("a:1", "b:1", "c:1"):
        with pytest.raises(VendorUnavailable):
            await bench.submit(vendor, session_id, late=400)

    assert await bench.tasks() == []


async def test_after_a_hold_up_submissions_work_again(bench: Bench) -> None:
    vendor = await bench.adapter()
    with pytest.raises(VendorUnavailable):
        await bench.submit(vendor, late=400)

    with pytest.raises(VendorUnavailable):  # the hold-up was taken for a difference of clocks
        await bench.submit(vendor)
    await bench.submit(vendor, late=-1.5)

    assert len(await bench.tasks()) == 1
