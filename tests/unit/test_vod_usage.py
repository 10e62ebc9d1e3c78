"""What the vendor's own count says, and that whoever may not ask for it stops nothing."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from aigcq.errors import VendorError, VendorRejected, VendorUnavailable
from aigcq.vendors.vod_usage import USAGE, asked_of, counted

START, END = datetime.fromisoformat("2026-11-23T00:00:00+08:00"), datetime.fromisoformat("2026-11-24T00:00:00+08:00")


def answered(**response: Any) -> Any:
    return USAGE.interpret(200, json.dumps({"Response": {"RequestId": "r", **response}}).encode())


def of(*rows: dict[str, Any]) -> Any:
    return answered(AigcUsageDataSet=[{"Specification": "Kling3.0_720P", "DataSet": list(rows)}])


def test_it_is_asked_for_the_videos_of_whole_days() -> None:
    assert asked_of(START, END) == {
        "AigcType": "Video",
        "StartTime": "2026-11-23T00:00:00+08:00",
        "EndTime": "2026-11-23T23:59:59+08:00",
    }


def test_all_specifications_are_counted_together_and_nothing_beyond_the_day() -> None:
    items = of(
        {"Time": "2026-11-22T23:55:00+08:00", "Count": 9, "Usage": 99},
        {"Time": "2026-11-22T16:00:00Z", "Count": 1, "Usage": 5},  # midnight over there
        {"Time": "2026-11-23T23:55:00+08:00", "Count": 2, "Usage": 12},
        {"Time": "2026-11-24T00:00:00+08:00", "Count": 9, "Usage": 99},
    )

    usage = counted(items, START, END)

    assert (usage.count, usage.seconds) == (3, 17)


@pytest.mark.parametrize("nothing", [None, []])
def test_no_data_is_no_videos(nothing: Any) -> None:
    assert list(answered(AigcUsageDataSet=nothing)) == []


@pytest.mark.parametrize(
    "row",
    [{"Time": "2026-11-23", "Count": 1, "Usage": 5}, {"Count": 1}, {"Time": "2026-11-23T00:00:00Z", "Count": "x"},
     {"Time": "2026-11-23T00:00:00Z", "Count": -1}],
)  # fmt: skip
def test_an_answer_that_makes_no_sense_is_no_answer(row: dict[str, Any]) -> None:
    with pytest.raises(VendorUnavailable):
        of(row)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("UnauthorizedOperation", VendorRejected),
        ("UnauthorizedOperation.CamNoAuth", VendorRejected),
        ("InvalidAction", VendorRejected),
        ("AuthFailure.SignatureFailure", VendorUnavailable),
        ("InternalError", VendorUnavailable),
        ("RequestLimitExceeded", VendorUnavailable),
    ],
)
def test_no_refusal_of_it_is_news_of_the_account(code: str, kind: type[VendorError]) -> None:
    with pytest.raises(VendorError) as refused:
        answered(Error={"Code": code, "Message": "no"})

    assert type(refused.value) is kind
