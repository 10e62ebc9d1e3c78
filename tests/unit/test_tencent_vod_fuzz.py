"""Whatever the vendor answers, nothing but a value or a VendorError comes of it."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from aigcq.errors import (
    VendorError,
)
from aigcq.vendors.base import Job, JobStatus
from aigcq.vendors.vod_action import DESCRIBE, Action
from tests.unit.vod_answers import (
    ACTIONS,
    finished,
)

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**400), 10**400)
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["FINISH", "PROCESSING", "ABORTED", "0", "70000", "\ud800", "9" * 5000, "2026-08-05T03:22:19Z"])
)
NAMES = st.sampled_from(
    ["Error", "Code", "Status", "TaskId", "TaskSet", "AigcVideoTask", "ErrCode", "Output", "FileInfos", "FileUrl"]
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.text(max_size=3), inner, max_size=4),
    max_leaves=8,
)

unhurried = settings(deadline=None)  # how fast the machine is, is not what is tested


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every value within `value`."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from places(inner, (*path, key))


PLACES = [path for path in places(finished()) if path]


def only_vendor_errors(action: Action[Any], status: int, body: bytes) -> None:
    """Fail if an answer makes anything else, or something that cannot be stored."""
    try:
        said = action.interpret(status, body)
    except VendorError as error:
        json.dumps(error.public(), allow_nan=False, ensure_ascii=False).encode()
        assert len(str(error)) <= 500
    else:
        if isinstance(said, Job):
            json.dumps(said.video, allow_nan=False, ensure_ascii=False).encode()
            assert said.video.get("video_url") if said.status is JobStatus.SUCCEEDED else not said.video
            assert (said.error is not None) == (said.status is JobStatus.FAILED)
            assert 0 <= said.progress <= 100


@unhurried
@given(action=st.sampled_from(ACTIONS), status=st.sampled_from([200, 502]), body=st.binary(max_size=60))
def test_any_bytes_are_an_answer_or_a_vendor_error(action: Action[Any], status: int, body: bytes) -> None:
    only_vendor_errors(action, status, body)


@unhurried
@given(action=st.sampled_from(ACTIONS), response=JSON)
def test_any_json_is_an_answer_or_a_vendor_error(action: Action[Any], response: object) -> None:
    only_vendor_errors(action, 200, json.dumps({"Response": response}).encode())


@unhurried
@given(changes=st.lists(st.tuples(st.sampled_from(PLACES), JSON), min_size=1, max_size=3))
def test_a_task_with_anything_in_any_place_is_a_job_or_a_vendor_error(changes: list[tuple[Any, object]]) -> None:
    response = copy.deepcopy(finished())
    for path, value in changes:
        target: Any = response
        for key in path[:-1]:
            try:
                target = target[key]
            except (KeyError, IndexError, TypeError):  # an earlier change has replaced it
                break
        if isinstance(target, dict):
            target[path[-1]] = value

    only_vendor_errors(DESCRIBE, 200, json.dumps({"Response": response}).encode())
