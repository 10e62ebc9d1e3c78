"""The vendor's own count: DescribeAigcUsageData.

Source: tencentcloud-sdk-python-vod 3.1.194, DescribeAigcUsageDataRequest and AigcUsageDataItem. At most 90 days,
not older than 365; of one day it answers by five minutes. That `Usage` of videos is in seconds is our reading.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from aigcq.errors import VendorRejected, VendorUnavailable
from aigcq.vendors.base import Usage
from aigcq.vendors.vod_action import Action
from aigcq.vendors.vod_answer import JSON, Unreadable
from aigcq.vendors.vod_codes import Codes

USAGE_CODES: Final[Codes] = {
    # Whether an account may ask is its own business: nothing of it stops the queue.
    "UnauthorizedOperation": VendorRejected,
    "AuthFailure.UnauthorizedOperation": VendorRejected,
    "InvalidAction": VendorRejected,
    "ActionOffline": VendorRejected,
    "UnsupportedOperation": VendorRejected,
    "*": VendorUnavailable,
}


@dataclass(frozen=True, slots=True)
class Item:
    """What was counted of one specification in a time that begins so."""

    start: datetime
    count: int
    seconds: int


def asked_of(start: datetime, end: datetime) -> Mapping[str, Any]:
    """Return the parameters that ask for videos from `start` to before `end`."""
    last = end - timedelta(seconds=1)
    return {"AigcType": "Video", "StartTime": start.isoformat(), "EndTime": last.isoformat()}


def counted(items: Sequence[Item], start: datetime, end: datetime) -> Usage:
    """Return the sum of what lies between two moments: what the vendor sends beyond them is left out."""
    within = [item for item in items if start <= item.start < end]
    return Usage(count=sum(item.count for item in within), seconds=sum(item.seconds for item in within))


def items_of(response: JSON) -> Sequence[Item]:
    """Read DescribeAigcUsageData."""
    sets = response.get("AigcUsageDataSet")
    return [_item(row) for each in _rows(sets or []) for row in _rows(each.get("DataSet") or [])]


def _rows(value: object) -> Sequence[Mapping[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise Unreadable("AigcUsageDataSet is no list of objects")
    return value


def _item(row: Mapping[str, Any]) -> Item:
    count, seconds = row.get("Count") or 0, row.get("Usage") or 0
    try:
        start = datetime.fromisoformat(str(row.get("Time")))
    except ValueError:
        raise Unreadable("Time is no moment") from None
    if start.tzinfo is None or not all(isinstance(each, int) and 0 <= each < 2**53 for each in (count, seconds)):
        raise Unreadable("Time, Count or Usage makes no sense")
    return Item(start=start, count=count, seconds=seconds)


USAGE: Final[Action[Sequence[Item]]] = Action(name="DescribeAigcUsageData", read=items_of, codes=USAGE_CODES)
