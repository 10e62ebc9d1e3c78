"""TC3-HMAC-SHA256 against the published vectors, one of our own, and the vendor's own signer."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tencentcloud.common.abstract_client import AbstractClient
from tencentcloud.common.http.request import RequestInternal

from aigcq.vendors.tc3 import sign

unhurried = settings(deadline=None)  # how fast the machine is, is not what is tested

PUBLISHED = {
    "secret_id": "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE",
    "secret_key": "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE",
    "service": "cvm",
    "host": "cvm.tencentcloudapi.com",
    "payload": b'{"Limit": 1, "Filters": [{"Values": ["\\u672a\\u547d\\u540d"], "Name": "instance-name"}]}',
    "timestamp": 1551113065,
    "content_type": "application/json; charset=utf-8",
}
OURS = {
    "secret_id": "AKIDsim",
    "secret_key": "simsecret",
    "service": "vod",
    "host": "127.0.0.1:8080",
    "payload": b'{"TaskId": "1500012345-AigcVideoTask-x", "SubAppId": 1500012345}',
    "timestamp": 1795456800,
}

TEXT = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=60)
HOSTS = st.from_regex(r"[a-z0-9]([a-z0-9.-]{0,40}[a-z0-9])?(:[1-9][0-9]{0,4})?", fullmatch=True)
SERVICES = st.from_regex(r"[a-z]{2,12}", fullmatch=True)


@pytest.fixture
def in_shanghai() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "Asia/Shanghai")
        time.tzset()
        yield
    time.tzset()


def signed(vector: dict[str, Any], **changes: Any) -> str:
    return sign(**vector | changes)


def signature(header: str) -> str:
    return header.rpartition("Signature=")[2]


def vendors_own(*, secret_key: str, service: str, host: str, payload: bytes, timestamp: int) -> str:
    request = RequestInternal(host, "POST", "/", {"Content-Type": "application/json", "Host": host}, payload)
    request.header["X-TC-Timestamp"] = str(timestamp)
    date = datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%d")
    return str(AbstractClient._get_tc3_signature(None, None, request, date, service, secret_key))


def test_the_published_vector_of_content_type_and_host() -> None:
    assert signed(PUBLISHED) == (
        "TC3-HMAC-SHA256 Credential=AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE/2019-02-25/cvm/tc3_request, "
        "SignedHeaders=content-type;host, "
        "Signature=72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168"
    )


def test_the_published_vector_with_the_action_signed() -> None:
    # today's documentation signs with the asterisks that it prints for the key
    header = signed(PUBLISHED, secret_key="*" * 32, more_headers={"X-TC-Action": "DescribeInstances"})

    assert "SignedHeaders=content-type;host;x-tc-action," in header
    assert signature(header) == "10b1a37a7301a02ca19a647ad722d5e43b4b3cff309d421d85b46093f6ab6c4f"


def test_the_port_belongs_to_the_host() -> None:
    assert signature(signed(OURS)) == "8775ea36f7978da170f7ac130c46bc9ae810a86fa5ef2cf236d5dc44a0accb95"
    assert signature(signed(OURS, host="127.0.0.1")) != signature(signed(OURS))


@pytest.mark.parametrize(("timestamp", "date"), [(1795478399, "2026-11-23"), (1795478400, "2026-11-24")])
@pytest.mark.usefixtures("in_shanghai")
def test_the_day_is_that_of_utc(timestamp: int, date: str) -> None:
    assert f"/{date}/vod/" in signed(OURS, timestamp=timestamp)


def test_header_values_are_signed_in_lower_case() -> None:
    upper = signed(OURS, more_headers={"X-TC-Action": "CREATE"}, content_type="Application/JSON")

    assert upper == signed(OURS, more_headers={"x-tc-action": " create "})


@unhurried
@given(
    secret_key=TEXT, service=SERVICES, host=HOSTS, payload=st.binary(max_size=200), timestamp=st.integers(0, 4 * 10**9)
)
def test_the_vendors_own_signer_agrees(**inputs: Any) -> None:
    assert signature(sign(secret_id="AKID", **inputs)) == vendors_own(**inputs)


@unhurried
@given(secret_key=TEXT)
def test_the_key_is_not_in_the_header(secret_key: str) -> None:
    header = signed(OURS, secret_key=f"key-{secret_key}")

    assert f"key-{secret_key}" not in header
