"""What becomes of an accepted task is a function of the clock, in each overflow mode."""

from __future__ import annotations

from typing import Any

import pytest

from aigcq.simulator.refusal import Refusal
from aigcq.simulator.settings import DAY, SimulatorSettings
from aigcq.simulator.task import Status, Task
from aigcq.simulator.vendor import Vendor

ACCOUNT = "AKIDsimulator"
NOTHING: frozenset[str] = frozenset()


class StillClock:
    """Time that a test moves."""

    def __init__(self) -> None:
        self.seconds = 1_795_456_800.0

    def now(self) -> float:
        return self.seconds

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds


class Shop:
    """A vendor, its clock, and short ways to ask it."""

    def __init__(self, **settings: Any) -> None:
        self.clock = StillClock()
        self.vendor = Vendor(SimulatorSettings(**{"latency": (10, 10)} | settings), self.clock)

    def create(self, account: str = ACCOUNT, struck: frozenset[str] = NOTHING, **params: Any) -> Task:
        request = {"SubAppId": 1, "ModelName": "Hailuo", "ModelVersion": "2.3", "Prompt": "a fox"} | params
        return self.vendor.create(account, request, struck)

    def refused(self, **params: Any) -> str:
        with pytest.raises(Refusal) as refused:
            self.create(**params)
        return refused.value.code

    def status(self, task: Task) -> Status:
        return task.status(self.vendor.settle())


def test_a_task_is_processed_for_its_latency_and_then_finished() -> None:
    shop = Shop()

    task = shop.create()

    seen = []
    for moment in (0, 5, 9.99, 10):
        shop.clock.seconds = task.created + moment
        seen.append((shop.status(task), task.progress(shop.vendor.now()), task.outcome(shop.vendor.now())))
    assert seen == [
        (Status.PROCESSING, 0, "live"),
        (Status.PROCESSING, 50, "live"),
        (Status.PROCESSING, 99, "live"),
        (Status.FINISH, 100, "succeeded"),
    ]


def test_a_task_over_the_limit_is_accepted_and_fails_within_eight_seconds() -> None:
    shop = Shop(concurrency=1)
    shop.create()

    over = shop.create()

    assert shop.status(over) is Status.PROCESSING
    shop.clock.seconds += 8
    assert shop.status(over) is Status.FINISH
    assert (over.fate.err_code, over.fate.err_code_ext) == (70000, "RequestLimitExceeded")
    assert over.billed_seconds(shop.vendor.now()) == 0
    assert (shop.vendor.ledger.over_the_limit, shop.vendor.ledger.max_live) == (1, 1)


def test_a_permit_comes_back_when_its_task_finishes() -> None:
    shop = Shop(concurrency=1, overflow="sync_reject")
    shop.create()

    shop.clock.seconds += 9.9
    assert shop.refused() == "RequestLimitExceeded"
    shop.clock.seconds += 0.1
    assert shop.status(shop.create()) is Status.PROCESSING


def test_a_synchronous_refusal_creates_nothing() -> None:
    shop = Shop(concurrency=1, overflow="sync_reject")
    shop.create()

    assert shop.refused(SessionId="b:1") == "RequestLimitExceeded"

    assert len(shop.vendor.tasks()) == 1


def test_queued_tasks_start_by_priority_then_by_age_when_a_permit_comes_back() -> None:
    shop = Shop(concurrency=1, overflow="queue")
    first, plain, older, newer = (shop.create(TasksPriority=priority) for priority in (0, 0, "10", 10))

    assert [shop.status(task) for task in (plain, older, newer)] == [Status.WAITING] * 3
    shop.clock.seconds += 35  # nobody has looked for three and a half renderings

    assert shop.status(plain) is Status.PROCESSING
    begun = [task.begun - first.created for task in (first, older, newer, plain) if task.begun]
    assert begun == [0, 10, 20, 30]
    assert shop.vendor.ledger.max_live == 1


def test_only_a_waiting_task_can_be_aborted() -> None:
    shop = Shop(concurrency=1, overflow="queue")
    live, waiting, last = (shop.create() for _ in range(3))

    shop.vendor.abort(waiting)
    with pytest.raises(Refusal, match="WAITING"):
        shop.vendor.abort(live)

    shop.clock.seconds += 10
    assert [shop.status(task) for task in (live, waiting, last)] == [Status.FINISH, Status.ABORTED, Status.PROCESSING]
    assert shop.vendor.account(ACCOUNT).unfinished() == 1


def test_raising_the_concurrency_starts_waiting_tasks_at_once() -> None:
    shop = Shop(concurrency=1, overflow="queue")
    shop.create()
    waiting = shop.create()

    shop.vendor.change(shop.vendor.settings.changed({"concurrency": 2}))

    assert waiting.begun == waiting.created


def test_a_model_can_have_a_limit_of_its_own() -> None:
    shop = Shop(concurrency=9, concurrency_per_model={"Kling": 1}, overflow="sync_reject")
    shop.create(ModelName="Kling", ModelVersion="2.5")

    assert shop.refused(ModelName="Kling", ModelVersion="3.0") == "RequestLimitExceeded"
    assert shop.create().task_id


def test_accounts_have_permits_of_their_own() -> None:
    shop = Shop(concurrency=1, overflow="sync_reject")
    shop.create()

    shop.create(account="AKIDother")

    assert shop.vendor.ledger.max_live == 2
    assert shop.vendor.account(ACCOUNT).max_live == 1


def test_a_session_id_is_taken_for_three_days_per_application() -> None:
    shop = Shop(concurrency=9)
    shop.create(SessionId="job:1")

    shop.create(SessionId="job:1", SubAppId=2)
    shop.create(SessionId="job:2")
    shop.clock.seconds += 3 * DAY - 1
    assert shop.refused(SessionId="job:1") == "InvalidParameterValue.SessionId"
    shop.clock.seconds += 1
    assert shop.create(SessionId="job:1").session_id == "job:1"


def test_requests_without_a_session_id_are_never_duplicates() -> None:
    shop = Shop(concurrency=9)

    ids = {shop.create(SessionId="").task_id, shop.create().task_id, shop.create(SessionId="").task_id}

    assert len(ids) == 3


@pytest.mark.parametrize("burns", [False, True])
def test_a_refused_request_takes_its_session_id_only_if_set_so(burns: bool) -> None:
    shop = Shop(concurrency=1, overflow="sync_reject", refused_burns_session=burns)
    shop.create()
    shop.refused(SessionId="job:1")
    shop.clock.seconds += 10

    if burns:
        assert shop.refused(SessionId="job:1") == "InvalidParameterValue.SessionId"
    else:
        assert shop.create(SessionId="job:1").session_id == "job:1"


def test_more_calls_in_a_second_than_the_rate_are_refused_with_the_vendors_words() -> None:
    account = Shop().vendor.account(ACCOUNT)
    for _ in range(20):
        account.count_call("CreateAigcVideoTask", 7, 20)

    with pytest.raises(Refusal) as refused:
        account.count_call("CreateAigcVideoTask", 7, 20)

    assert refused.value.code == "RequestLimitExceeded"
    assert "equals to `21` in a second, which exceeds the frequency limit `20`" in refused.value.text("en-US")
    assert refused.value.text("zh-CN") == "您当前每秒请求 `21` 次，超过了每秒频率上限 `20`，请稍后重试。"
    account.count_call("DescribeTaskDetail", 7, 100)
    account.count_call("CreateAigcVideoTask", 8, 20)


def test_a_task_can_be_described_for_three_days() -> None:
    shop = Shop()
    task = shop.create()

    shop.vendor.advance(3 * DAY - 1)
    assert shop.vendor.find(ACCOUNT, task.task_id, 1) is task
    shop.vendor.advance(1)
    with pytest.raises(Refusal) as refused:
        shop.vendor.find(ACCOUNT, task.task_id, 1)
    assert refused.value.code == "ResourceNotFound"


@pytest.mark.parametrize(("account", "sub_app_id"), [("AKIDother", 1), (ACCOUNT, 2)])
def test_a_task_is_unknown_to_other_accounts_and_applications(account: str, sub_app_id: int) -> None:
    shop = Shop()
    task = shop.create()

    with pytest.raises(Refusal) as refused:
        shop.vendor.find(account, task.task_id, sub_app_id)

    assert refused.value.code == "InvalidParameterValue.TaskId"


@pytest.mark.parametrize(("struck", "events"), [(NOTHING, 1), (frozenset({"duplicate_event"}), 2)])
def test_a_finished_task_is_announced_once_or_by_its_fault_twice(struck: frozenset[str], events: int) -> None:
    shop = Shop()
    shop.create(struck=struck)

    shop.clock.seconds += 10

    assert len(shop.vendor.events.pull(ACCOUNT, 1, shop.vendor.settle())) == events


def test_speed_divides_latencies_and_nothing_else() -> None:
    slow, fast = (Shop(latency=None, speed=speed).create() for speed in (1, 60))

    assert fast.fate.seconds == pytest.approx(slow.fate.seconds / 60)
    assert 30 < slow.fate.seconds < 200


def test_longer_videos_take_longer_and_a_seed_repeats_its_latencies() -> None:
    seconds = {length: Shop(latency=None).create(OutputConfig={"Duration": length}).fate.seconds for length in (6, 10)}

    assert seconds[10] == pytest.approx(seconds[6] * 10 / 6)
    assert Shop(latency=None).create().fate.seconds == seconds[6]
    assert Shop(latency=None, seed=1).create().fate.seconds != seconds[6]


def test_ended_tasks_are_forgotten_beyond_what_is_remembered() -> None:
    shop = Shop(latency=(0, 0), remembered_tasks=20, concurrency=99)

    tasks = [shop.create() for _ in range(100)]

    assert len(shop.vendor.tasks()) <= 23
    assert shop.vendor.tasks_of(ACCOUNT, 1) == shop.vendor.tasks()
    assert shop.vendor.find_by_token(tasks[0].token) is None
    assert shop.vendor.find(ACCOUNT, tasks[-1].task_id, 1) is tasks[-1]


def test_reset_returns_to_the_first_settings_and_an_empty_ledger() -> None:
    shop = Shop(concurrency=3)
    shop.create(SessionId="job:1")
    shop.vendor.change(shop.vendor.settings.changed({"concurrency": 7}))
    shop.vendor.advance(60)

    shop.vendor.reset()

    assert shop.vendor.settings.concurrency == 3
    assert (shop.vendor.tasks(), shop.vendor.now()) == ([], shop.clock.now())
    assert shop.create(SessionId="job:1").ordinal == 0
