"""DescribeTasks, the events, and the response of a task: the shapes a client has to read."""

from __future__ import annotations

from typing import Any

import pytest

from aigcq.simulator.capabilities import table
from aigcq.simulator.describe import SIBLINGS, Describer
from aigcq.simulator.events import CONFIRM_SECONDS, Events
from aigcq.simulator.listing import Window, page
from aigcq.simulator.refusal import Refusal
from aigcq.simulator.task import Fate, Task
from aigcq.simulator.video import clip_of

START = 1_795_456_800  # 2026-11-23T18:00:00Z
EVERYTHING = Window()


def a_task(number: int = 0, *, begun: bool = True, fate: Fate | None = None, **params: Any) -> Task:
    """The task created `number` seconds after START, which takes ten."""
    created = float(START + number)
    return Task(
        ordinal=number,
        token=f"{number:032x}",
        secret_id="AKIDsimulator",
        model=table().models["Hailuo", "2.3"],
        params={"SubAppId": 1, "Prompt": "a fox", "SessionId": f"job:{number}"} | params,
        created=created,
        fate=fate or Fate(10.0),
        begun=created if begun else None,
    )


TASKS = [a_task(number) for number in range(25)]


def sessions(params: dict[str, Any], now: float = START + 100.0, visible: Window = EVERYTHING) -> list[int]:
    """The numbers of the tasks on the first page."""
    return [int(row["SessionId"].removeprefix("job:")) for row in page(TASKS, params, now, visible)["TaskSet"]]


def test_the_newest_ten_come_first() -> None:
    assert sessions({}) == list(range(24, 14, -1))
    assert sessions({"Limit": 2}) == [24, 23]
    assert sessions({"Limit": 2, "Sort": {"Field": "CreateTime", "Order": "Asc"}}) == [0, 1]


def test_a_window_includes_its_start_and_excludes_its_end() -> None:
    window = {"After": "2026-11-23T18:00:03Z", "Before": "2026-11-24T02:00:06+08:00"}

    assert sessions({"CreateTime": window}) == [5, 4, 3]
    assert sessions({"CreateTime": window}, visible=Window(START + 4)) == [5, 4]


def test_a_new_task_shows_up_after_the_listing_delay() -> None:
    assert sessions({"Limit": 1}, visible=Window(before=START + 20.0)) == [20]


def test_unfinished_tasks_are_found_by_status_and_have_no_finish_time() -> None:
    now = START + 30.0

    assert sessions({"Status": "PROCESSING"}, now) == [24, 23, 22, 21]
    assert sessions({"Status": "FINISH", "Limit": 1}, now) == [20]
    row = page(TASKS, {"Limit": 1}, now, EVERYTHING)["TaskSet"][0]
    assert (row["Status"], row["FinishTime"]) == ("PROCESSING", "0001-01-01T00:00:00Z")
    assert sessions({"FinishTime": {"After": "2026-11-23T18:00:29Z"}}, now) == [20, 19]


@pytest.mark.parametrize("sort", [{}, {"Field": "CreateTime", "Order": "Asc"}, {"Field": "FinishTime"}])
def test_pages_neither_overlap_nor_skip(sort: dict[str, str]) -> None:
    seen, token = [], ""

    for _ in range(4):
        answer = page(TASKS, {"Limit": 7, "ScrollToken": token, "Sort": sort}, START + 100.0, EVERYTHING)
        seen += [row["TaskId"] for row in answer["TaskSet"]]
        token = answer["ScrollToken"]

    assert token == ""
    assert sorted(seen) == sorted(task.task_id for task in TASKS)


BAD = [
    ({"Status": "DONE"}, "InvalidParameterValue.Status"),
    ({"Limit": 101}, "InvalidParameterValue"),
    ({"Limit": 0}, "InvalidParameterValue"),
    ({"ScrollToken": "x"}, "InvalidParameterValue"),
    ({"CreateTime": {"After": "yesterday"}}, "InvalidParameterValue"),
    ({"Sort": {"Field": "Status"}}, "InvalidParameterValue"),
]


@pytest.mark.parametrize(("params", "code"), BAD)
def test_a_bad_filter_is_refused(params: dict[str, Any], code: str) -> None:
    with pytest.raises(Refusal) as refused:
        page(TASKS, params, START + 100.0, EVERYTHING)

    assert refused.value.code == code


def detail(task: Task, seconds: float) -> dict[str, Any]:
    describer = Describer(START + seconds, "http://host:1", 7 * 86_400.0, 640, {clip_of(task, 640): 4800})
    return describer.detail(task)


def test_a_finished_task_has_every_member_of_the_vendors() -> None:
    task = a_task(OutputConfig={"Duration": 6, "Resolution": "768P"}, SessionContext="mine")

    answer = detail(task, 10)

    assert {name for name, value in answer.items() if value is None} == set(SIBLINGS)
    assert (answer["Status"], answer["TaskType"]) == ("FINISH", "AigcVideoTask")
    assert (answer["CreateTime"], answer["FinishTime"]) == ("2026-11-23T18:00:00Z", "2026-11-23T18:00:10Z")
    video = answer["AigcVideoTask"]
    assert (video["Status"], video["ErrCode"], video["ErrCodeExt"], video["Progress"]) == ("FINISH", 0, "", 100)
    assert (video["SessionId"], video["SessionContext"]) == ("job:0", "mine")
    file = video["Output"]["FileInfos"][0]
    assert file["ExpireTime"] == "2026-11-30T18:00:10Z"
    assert file["FileUrl"].startswith("http://host:1/")
    assert (file["StorageMode"], file["FileId"]) == ("Temporary", "")
    assert (file["MetaData"]["Duration"], file["MetaData"]["Size"]) == (6.042, 4800)


def test_what_was_not_sent_comes_back_empty() -> None:
    echo = detail(a_task(), 0)["AigcVideoTask"]["Input"]

    assert (echo["NegativePrompt"], echo["FileInfos"], echo["Prompt"]) == ("", [], "a fox")
    config = echo["OutputConfig"]
    assert (config["StorageMode"], config["Duration"], config["Resolution"]) == ("Temporary", 0, "")
    assert config["ExpireTime"] == "0000-00-00T00:00:00Z"


def test_a_failed_task_is_finished_without_files() -> None:
    video = detail(a_task(fate=Fate(5.0, "InternalError", "no")), 5)["AigcVideoTask"]

    assert (video["Status"], video["ErrCode"], video["ErrCodeExt"]) == ("FINISH", 70000, "InternalError")
    assert (video["Message"], video["Progress"], video["Output"]["FileInfos"]) == ("no", 100, [])


def test_a_task_that_is_going_to_fail_does_not_say_so_before() -> None:
    video = detail(a_task(fate=Fate(5.0, "InternalError", "no")), 4)["AigcVideoTask"]

    assert (video["Status"], video["ErrCode"], video["ErrCodeExt"], video["Message"]) == ("PROCESSING", 0, "", "")


def test_the_inner_status_knows_no_waiting() -> None:
    answer = detail(a_task(begun=False), 5)

    assert (answer["Status"], answer["BeginProcessTime"]) == ("WAITING", "")
    assert answer["AigcVideoTask"]["Status"] == "PROCESSING"


def test_an_aborted_task_is_over_for_who_reads_only_the_inner_status() -> None:
    task = a_task(begun=False)
    task.aborted = START + 3.0

    answer = detail(task, 5)

    assert (answer["Status"], answer["FinishTime"]) == ("ABORTED", "2026-11-23T18:00:03Z")
    video = answer["AigcVideoTask"]
    assert (video["Status"], video["ErrCodeExt"]) == ("FINISH", "OperationCanceled")


def test_a_permanent_file_has_an_id_and_no_end() -> None:
    task = a_task(OutputConfig={"StorageMode": "Permanent"})

    file = detail(task, 10)["AigcVideoTask"]["Output"]["FileInfos"][0]

    assert (len(file["FileId"]), file["ExpireTime"]) == (19, "9999-12-31T23:59:59Z")


def test_an_unconfirmed_event_comes_again_and_a_confirmed_one_does_not() -> None:
    events, owner = Events(), ("AKIDsimulator", 1)
    for number in range(17):
        events.announce(a_task(number))

    batch = events.pull(*owner, START)
    rest = events.pull(*owner, START)
    events.confirm(*owner, [handle for handle, _ in batch])

    assert (len(batch), len(rest), events.pull(*owner, START + CONFIRM_SECONDS - 1)) == (16, 1, [])
    assert events.pull(*owner, START + CONFIRM_SECONDS) == rest
    assert events.pull("AKIDother", 1, START) == []


def test_an_event_can_be_announced_twice() -> None:
    events, task = Events(), a_task()
    task.announced_twice = True

    events.announce(task)

    (first, one), (second, other) = events.pull("AKIDsimulator", 1, START)
    assert one is other is task
    assert first != second
