"""The simulator checks TC3-HMAC-SHA256 as the vendor does, in the vendor's order of errors."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import pytest

from aigcq.simulator.refusal import Refusal
from aigcq.simulator.signature import canonical_hash, signature, verify

NOW = 1795456800
BODY = b'{"TaskId": "1500012345-AigcVideoTask-x", "SubAppId": 1500012345}'
KEYS = {"AKIDsim": "simsecret"}
SIGNATURE = "8775ea36f7978da170f7ac130c46bc9ae810a86fa5ef2cf236d5dc44a0accb95"


def headers(**changes: str) -> dict[str, str]:
    """The headers of the vector with a port in its host; `changes` by name, with _ for -."""
    scope = f"{changes.pop('secret_id', 'AKIDsim')}/{changes.pop('date', '2026-11-23')}/{changes.pop('service', 'vod')}"
    names = changes.pop("signed", "content-type;host")
    own = {
        "content-type": "application/json",
        "host": "127.0.0.1:8080",
        "x-tc-timestamp": str(NOW),
        "authorization": f"TC3-HMAC-SHA256 Credential={scope}/tc3_request, "
        f"SignedHeaders={names}, Signature={changes.pop('signature', SIGNATURE)}",
    }
    return own | {name.replace("_", "-"): value for name, value in changes.items()}


def refusal(sent: Mapping[str, str], body: bytes = BODY, now: float = NOW) -> str:
    """The code with which the request is refused."""
    with pytest.raises(Refusal) as refused:
        verify("POST", "", sent, body, KEYS, now)
    return refused.value.code


def test_the_vendors_published_vector_is_reproduced() -> None:
    sent = {
        "content-type": "application/json; charset=utf-8",
        "host": "cvm.tencentcloudapi.com",
        "x-tc-action": "DescribeInstances",  # signed in lower case, sent in mixed
    }
    body = b'{"Limit": 1, "Filters": [{"Values": ["\\u672a\\u547d\\u540d"], "Name": "instance-name"}]}'

    digest = canonical_hash("POST", "", sent, tuple(sent), body)

    assert digest == "7019a55be8395899b900fb5564e4200d984910f34794a27cb3fb7d10ff6a1e84"
    # the documentation signs it with the asterisks that it prints for the key
    published = "10b1a37a7301a02ca19a647ad722d5e43b4b3cff309d421d85b46093f6ab6c4f"
    assert signature("*" * 32, 1551113065, "cvm", digest) == published


def test_the_port_belongs_to_the_signed_host() -> None:
    digest = canonical_hash("POST", "", headers(), ("content-type", "host"), BODY)

    assert digest == "ba7836ed926139338796283802349a5c9de992471ac37e4041a7e8f445a77dc1"
    assert verify("POST", "", headers(), BODY, KEYS, NOW) == "AKIDsim"
    assert refusal(headers(host="127.0.0.1")) == "AuthFailure.SignatureFailure"


def test_an_unsigned_payload_is_signed_by_its_name() -> None:
    unsigned = {**headers(), "x-tc-content-sha256": "UNSIGNED-PAYLOAD"}

    digests = {canonical_hash("POST", "", unsigned, ("content-type", "host"), body) for body in (b"{}", BODY)}

    assert len(digests) == 1
    text = "POST\n/\n\ncontent-type:application/json\nhost:127.0.0.1:8080\n\ncontent-type;host\n"
    payload = hashlib.sha256(b"UNSIGNED-PAYLOAD").hexdigest()
    assert digests == {hashlib.sha256((text + payload).encode()).hexdigest()}


@pytest.mark.parametrize("skew", [-300, 300])
def test_a_clock_may_be_off_by_five_minutes(skew: int) -> None:
    assert verify("POST", "", headers(), BODY, KEYS, NOW + skew) == "AKIDsim"
    assert refusal(headers(), now=NOW + skew + skew / 300) == "AuthFailure.SignatureExpire"


REFUSED = {
    "another body": ({}, b"{}", "AuthFailure.SignatureFailure"),
    "another signature": ({"signature": "0" * 64}, BODY, "AuthFailure.SignatureFailure"),
    "a local day": ({"date": "2026-11-24"}, BODY, "AuthFailure.SignatureFailure"),
    "another product": ({"service": "mps"}, BODY, "AuthFailure.SignatureFailure"),
    "an unknown id": ({"secret_id": "AKIDother"}, BODY, "AuthFailure.SecretIdNotFound"),
    "a host that is not signed": ({"signed": "content-type"}, BODY, "AuthFailure.InvalidAuthorization"),
    "another scheme": ({"authorization": "Bearer x"}, BODY, "AuthFailure.InvalidAuthorization"),
    "no scheme": ({"authorization": ""}, BODY, "AuthFailure.InvalidAuthorization"),
    "a temporary token": ({"x_tc_token": "t"}, BODY, "AuthFailure.TokenFailure"),
    "no timestamp": ({"x_tc_timestamp": ""}, BODY, "MissingParameter"),
    "a timestamp of letters": ({"x_tc_timestamp": "now"}, BODY, "InvalidParameter"),
}


@pytest.mark.parametrize("reason", REFUSED)
def test_a_request_is_refused_for(reason: str) -> None:
    changes, body, code = REFUSED[reason]

    assert refusal(headers(**changes), body) == code


def test_expiry_is_noticed_before_the_id_and_the_id_before_the_signature() -> None:
    wrong = headers(secret_id="AKIDother", signature="0" * 64)

    assert refusal(wrong, now=NOW + 301) == "AuthFailure.SignatureExpire"
    assert refusal(wrong) == "AuthFailure.SecretIdNotFound"
