"""The vendor's own SDK takes the simulator for the vendor."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests
from tencentcloud.common.credential import Credential
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.vod.v20180717 import models, vod_client, vod_client_async

from aigcq.simulator import SimulatorSettings, server

# The SDK warns of members that the vendor sends and it has no names for.
pytestmark = pytest.mark.filterwarnings("ignore:.* fileds are useless:UserWarning")

APP = 1_500_000_001
SETTINGS = SimulatorSettings(latency=(0.05, 0.1), speed=100, concurrency=50, create_rate=1000, describe_rate=1000)


@contextmanager
def refused(code: str) -> Iterator[pytest.ExceptionInfo[TencentCloudSDKException]]:
    """Expect the SDK to raise with `code`."""
    with pytest.raises(TencentCloudSDKException) as error:
        yield error
    assert error.value.code == code


class Desk:
    """A running simulator, and the SDK in front of it."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.client = vod_client.VodClient(self.credential(), "ap-guangzhou", self.profile())
        self.http = requests.Session()
        self.http.trust_env = False  # no proxy between us and ourselves

    @staticmethod
    def credential(key: str = SETTINGS.secret_key) -> Credential:
        return Credential(SETTINGS.secret_id, key)

    def profile(self) -> ClientProfile:
        return ClientProfile(httpProfile=HttpProfile(protocol="http", endpoint=self.address, reqTimeout=10))

    def ask(self, action: str, **params: Any) -> Any:
        return getattr(self.client, action)(request(action, **params))

    def create(self, **params: Any) -> str:
        return self.ask("CreateAigcVideoTask", **video(**params)).TaskId

    def describe(self, task_id: str) -> Any:
        return self.ask("DescribeTaskDetail", TaskId=task_id, SubAppId=APP)

    def finished(self, task_id: str) -> Any:
        """The task's detail, once it has finished."""
        return until(lambda: (detail := self.describe(task_id)).Status == "FINISH" and detail)

    def set(self, **settings: Any) -> None:
        answer = self.http.patch(f"http://{self.address}/_simulator/settings", json=settings)
        assert answer.status_code == 200, answer.text

    def advance(self, seconds: float) -> None:
        self.http.post(f"http://{self.address}/_simulator/clock", json={"advance_seconds": seconds}).raise_for_status()

    def ledger(self) -> Any:
        return self.http.get(f"http://{self.address}/_simulator/ledger").json()


def request(action: str, **params: Any) -> Any:
    """The SDK's request for `action`, filled with JSON values."""
    body = getattr(models, f"{action}Request")()
    body._deserialize(params)
    return body


def video(**params: Any) -> dict[str, Any]:
    return {"SubAppId": APP, "ModelName": "Hailuo", "ModelVersion": "2.3", "Prompt": "一个小男孩在街上跑步"} | params


def until(look: Callable[[], Any], seconds: float = 5.0) -> Any:
    """What `look` returns, once it is true."""
    pause = threading.Event()
    for _ in range(round(seconds / 0.02)):
        if found := look():
            return found
        pause.wait(0.02)
    raise AssertionError(f"nothing came within {seconds} s")


@pytest.fixture(scope="module")
def running() -> Iterator[Desk]:
    simulator = server(SETTINGS, "127.0.0.1", 0)
    thread = threading.Thread(target=simulator.run)
    thread.start()
    until(lambda: simulator.started)
    desk = Desk(f"127.0.0.1:{simulator.servers[0].sockets[0].getsockname()[1]}")
    yield desk
    desk.http.close()
    simulator.should_exit = True
    thread.join()


@pytest.fixture
def desk(running: Desk) -> Desk:
    running.http.post(f"http://{running.address}/_simulator/reset").raise_for_status()
    return running


def test_a_created_task_finishes_with_a_file(desk: Desk) -> None:
    task_id = desk.create(SessionId="job:1", OutputConfig={"Duration": 6, "Resolution": "768P"})

    assert task_id.startswith(f"{APP}-AigcVideoTask-")
    assert desk.describe(task_id).Status == "PROCESSING"
    task = desk.finished(task_id).AigcVideoTask
    assert (task.Status, task.ErrCode, task.ErrCodeExt, task.Progress) == ("FINISH", 0, "", 100)
    assert (task.SessionId, task.Input.OutputConfig.Resolution) == ("job:1", "768P")
    assert task.Output.FileInfos[0].FileUrl.startswith(f"http://{desk.address}/")


def test_the_size_of_a_video_is_told_once_it_has_been_downloaded(desk: Desk) -> None:
    task_id = desk.create(ModelName="Vidu", ModelVersion="q3-pro", OutputConfig={"Duration": 1})
    file = desk.finished(task_id).AigcVideoTask.Output.FileInfos[0]

    length = len(desk.http.get(file.FileUrl).content)

    assert file.MetaData.Size == 0
    assert desk.describe(task_id).AigcVideoTask.Output.FileInfos[0].MetaData.Size == length > 1000


@pytest.mark.asyncio
async def test_the_asynchronous_client_works_as_the_synchronous_one(desk: Desk) -> None:
    async with vod_client_async.VodClient(desk.credential(), "ap-guangzhou", desk.profile()) as client:
        created = await client.CreateAigcVideoTask(request("CreateAigcVideoTask", **video()))
        found = await client.DescribeTaskDetail(request("DescribeTaskDetail", TaskId=created.TaskId))
        with refused("InvalidParameterValue.TaskId"):
            await client.DescribeTaskDetail(request("DescribeTaskDetail", TaskId="x"))

    assert found.AigcVideoTask.TaskId == created.TaskId


def test_a_wrong_key_is_a_signature_failure(desk: Desk) -> None:
    desk_of_another = vod_client.VodClient(desk.credential("wrong"), "", desk.profile())

    with refused("AuthFailure.SignatureFailure"):
        desk_of_another.CreateAigcVideoTask(request("CreateAigcVideoTask", **video()))

    assert desk.ledger()["tasks_created"] == 0


def test_an_unknown_account_is_told_so(desk: Desk) -> None:
    stranger = vod_client.VodClient(Credential("AKIDstranger", "x"), "", desk.profile())

    with refused("AuthFailure.SecretIdNotFound"):
        stranger.DescribeTaskDetail(request("DescribeTaskDetail", TaskId="x"))


def test_a_clock_that_is_six_minutes_off_expires_every_signature(desk: Desk) -> None:
    desk.set(gateway_skew_seconds=360)

    with refused("AuthFailure.SignatureExpire"):
        desk.create()


def test_an_unknown_task_and_one_of_four_days_ago_are_not_found(desk: Desk) -> None:
    task_id = desk.create()
    desk.advance(4 * 86_400)

    with refused("ResourceNotFound"):
        desk.describe(task_id)
    with refused("InvalidParameterValue.TaskId"):
        desk.describe(f"{APP}-AigcVideoTask-0t")


def test_a_repeated_session_id_creates_nothing_and_tells_no_task_id(desk: Desk) -> None:
    task_id = desk.create(SessionId="job:1")

    with refused("InvalidParameterValue.SessionId") as error:
        desk.create(SessionId="job:1")

    assert task_id not in error.value.message
    assert desk.ledger()["sessions"] == {"job:1": 1}


@pytest.mark.parametrize("name", ["ModelName", "ModelVersion"])
def test_an_unknown_model_is_refused_at_submit(desk: Desk, name: str) -> None:
    with refused("InvalidParameter") as error:
        desk.create(**{name: "SV"})

    assert error.value.message == f"{name} SV is invalid"


def test_beyond_the_concurrency_a_task_is_accepted_and_fails(desk: Desk) -> None:
    desk.set(concurrency=1, latency=[5, 5])
    desk.create()

    over = desk.finished(desk.create()).AigcVideoTask

    assert (over.Status, over.ErrCode, over.ErrCodeExt) == ("FINISH", 70000, "RequestLimitExceeded")
    assert desk.ledger()["max_live"] == 1


def test_beyond_the_concurrency_a_task_is_refused_in_mode_sync_reject(desk: Desk) -> None:
    desk.set(concurrency=1, latency=[5, 5], overflow="sync_reject")
    desk.create()

    with refused("RequestLimitExceeded"):
        desk.create()


def test_beyond_the_concurrency_a_task_waits_in_mode_queue_and_can_be_aborted(desk: Desk) -> None:
    desk.set(concurrency=1, latency=[5, 5], overflow="queue")
    desk.create()
    waiting = desk.create()
    assert desk.describe(waiting).Status == "WAITING"

    desk.ask("ManageTask", TaskId=waiting, OperationType="Abort", SubAppId=APP)

    assert desk.describe(waiting).Status == "ABORTED"
    with refused("FailedOperation"):
        desk.ask("ManageTask", TaskId=waiting, OperationType="Abort", SubAppId=APP)
    with refused("InvalidParameterValue.InvalidOperationType"):
        desk.ask("ManageTask", TaskId=waiting, OperationType="Pause", SubAppId=APP)


@pytest.mark.parametrize(("language", "words"), [("en-US", "the frequency limit `1`"), ("zh-CN", "频率上限 `1`")])
def test_too_many_creates_in_a_second_are_refused_in_the_clients_language(
    desk: Desk, language: str, words: str
) -> None:
    desk.set(create_rate=1)
    profile = desk.profile()
    profile.language = language
    client = vod_client.VodClient(desk.credential(), "", profile)

    with refused("RequestLimitExceeded") as error:
        for _ in range(3):  # two of the three share a second
            client.CreateAigcVideoTask(request("CreateAigcVideoTask", **video()))

    assert words in error.value.message
    assert desk.ledger()["tasks_created"] < 3


def test_a_lost_task_id_is_found_by_its_session_id(desk: Desk) -> None:
    task_id = desk.create(SessionId="job:7")
    desk.create(SessionId="job:8")

    rows = desk.ask("DescribeTasks", SubAppId=APP, Limit=100).TaskSet

    assert {row.SessionId: row.TaskId for row in rows}["job:7"] == task_id


def test_a_task_is_listed_after_the_listing_delay(desk: Desk) -> None:
    desk.set(listing_delay_seconds=60)
    task_id = desk.create(SessionId="job:7")

    assert desk.ask("DescribeTasks", SubAppId=APP).TaskSet == []
    desk.advance(60)
    assert desk.ask("DescribeTasks", SubAppId=APP).TaskSet[0].TaskId == task_id


def test_a_finished_task_makes_an_event_until_it_is_confirmed(desk: Desk) -> None:
    desk.set(speed=10)  # a long poll of half a second
    task_id = desk.create()

    (event,) = desk.ask("PullEvents", SubAppId=APP).EventSet
    assert (event.EventType, event.AigcVideoCompleteEvent.TaskId) == ("AigcVideoTaskComplete", task_id)
    desk.advance(30)
    (again,) = desk.ask("PullEvents", SubAppId=APP).EventSet
    assert again.EventHandle == event.EventHandle
    desk.ask("ConfirmEvents", SubAppId=APP, EventHandles=[event.EventHandle])
    desk.advance(30)

    with refused("ResourceNotFound"):
        desk.ask("PullEvents", SubAppId=APP)


def test_a_field_of_a_later_sdk_is_refused_by_its_path(desk: Desk) -> None:
    body = request("CreateAigcVideoTask", **video(OutputConfig={"Duration": 6}))
    body.OutputConfig._Sparkle = "Enabled"
    body._serialize = lambda allow_none=True: video(OutputConfig={"Sparkle": "Enabled"})

    with refused("UnknownParameter") as error:
        desk.client.CreateAigcVideoTask(body)

    assert "`OutputConfig.Sparkle`" in error.value.message
