"""What the vendor says, it may say with our own secrets in it: they are out before anything is done with it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aigcq.errors import VendorError
from aigcq.vendors.vod_action import DESCRIBE, Action
from aigcq.vendors.vod_answer import MESSAGE_MAX_CHARS
from aigcq.vendors.vod_api import Account
from tests.unit.vod_answers import ACTIONS, FILE_URL

ACCOUNT = Account(secret_id="AKIDhush", secret_key="key/hush+hush", token="token-hush")
ECHO = "AKIDhush key/hush+hush token-hush"


def said(action: Action[Any], response: object) -> Any:
    body = json.dumps({"Response": response}).replace("/", r"\/").encode()  # as some write JSON
    return action.interpret(200, body, ACCOUNT.hide)


def texts(error: VendorError) -> str:
    return f"{error} {error.public()} {error.vendor_code} {error.request_id}"


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)
@pytest.mark.parametrize("place", ["Code", "Message"])
def test_a_refusal_tells_no_secret(action: Action[Any], place: str) -> None:
    refusal = {"Code": "AuthFailure", "Message": "no", place: ECHO}

    with pytest.raises(VendorError) as raised:
        said(action, {"Error": refusal, "RequestId": ECHO})

    assert "hush" not in texts(raised.value)


def test_a_failed_vendor_task_tells_no_secret() -> None:
    task = {"Status": "FINISH", "ErrCode": 70000, "ErrCodeExt": ECHO, "Message": ECHO}

    error = said(DESCRIBE, {"Status": "FINISH", "AigcVideoTask": task, "RequestId": ECHO}).error

    assert "***" in str(error)
    assert "hush" not in texts(error)


def test_a_status_that_nobody_knows_tells_no_secret() -> None:
    with pytest.raises(VendorError) as raised:
        said(DESCRIBE, {"Status": ECHO})

    assert "hush" not in texts(raised.value)


@pytest.mark.parametrize("start", range(MESSAGE_MAX_CHARS - 14, MESSAGE_MAX_CHARS))
def test_a_message_is_not_cut_in_the_middle_of_a_secret(start: int) -> None:
    with pytest.raises(VendorError) as raised:
        said(DESCRIBE, {"Error": {"Code": "AuthFailure", "Message": "." * start + "key/hush+hush"}})

    assert "key" not in str(raised.value)


def test_the_address_of_a_video_stays_whole() -> None:
    url = f"{FILE_URL}?q-ak=AKIDhush"
    task = {"Status": "FINISH", "ErrCode": 0, "Output": {"FileInfos": [{"FileUrl": url}]}}

    job = said(DESCRIBE, {"Status": "FINISH", "AigcVideoTask": task})

    assert job.video["video_url"] == url
