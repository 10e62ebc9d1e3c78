"""Workers as processes: they die, stall and stop, and the videos come all the same."""

from __future__ import annotations

import signal

import pytest

from tests.acceptance.cluster import Cluster, MakeCluster, audit

PAID_ONCE = {"tasks_not_paid_once": 0, "tasks_with_two_live": 0, "sessions_accepted_twice": 0, "strangers": 0}


def _until_generating(cluster: Cluster, task_id: str) -> dict[str, object]:
    def generating() -> dict[str, object] | None:
        task = cluster.status(task_id)
        return task if task["phase"] == "generating" else None

    return dict(cluster.until(generating))


def test_a_task_ends_in_a_video_that_can_be_downloaded(make_cluster: MakeCluster) -> None:
    cluster = make_cluster()
    cluster.start_simulator(latency="1-1")
    cluster.start_api()
    cluster.start_worker()

    created = cluster.create()
    (task,) = cluster.until_ended([created["task_id"]])

    assert (created["status"], created["position"]) == ("queued", 1)
    assert (task["status"], task["position"], task["progress"]) == ("completed", 0, 100)
    video = cluster.http.get(task["result"]["video_url"])
    assert video.headers["content-type"] == "video/mp4"
    assert b"ftyp" in video.content[:12]


def test_another_worker_goes_on_when_one_is_killed_in_the_middle(make_cluster: MakeCluster) -> None:
    cluster = make_cluster()
    cluster.start_simulator(latency="4-4")
    cluster.start_api()
    victim = cluster.start_worker()
    task_id = cluster.create()["task_id"]
    before = _until_generating(cluster, task_id)

    cluster.kill(victim)
    cluster.start_worker()
    (task,) = cluster.until_ended([task_id])

    assert task["status"] == "completed"
    assert task["vendor_task_id"] == before["vendor_task_id"]
    assert audit(cluster.ledger(), [task_id]) == {"succeeded": 1} | PAID_ONCE


def test_a_create_reply_that_is_lost_makes_no_second_vendor_task(make_cluster: MakeCluster) -> None:
    cluster = make_cluster()
    cluster.start_simulator(latency="1-1", faults="reply_lost=1")
    cluster.start_api()
    cluster.start_worker()

    task_id = cluster.create()["task_id"]
    cluster.until(lambda: cluster.ledger()["faults"].get("reply_lost"))
    cluster.change_simulator(faults={})
    (task,) = cluster.until_ended([task_id])

    assert task["status"] == "completed"
    assert task["attempt"] == 1
    assert audit(cluster.ledger(), [task_id]) == {"succeeded": 1} | PAID_ONCE


def test_a_stalled_worker_that_wakes_up_late_changes_nothing(make_cluster: MakeCluster) -> None:
    cluster = make_cluster()
    cluster.start_simulator(latency="5-5")
    cluster.start_api()
    zombie = cluster.start_worker()
    task_id = cluster.create()["task_id"]
    _until_generating(cluster, task_id)

    cluster.processes[zombie].send_signal(signal.SIGSTOP)
    cluster.start_worker()
    (task,) = cluster.until_ended([task_id])
    cluster.processes[zombie].send_signal(signal.SIGCONT)
    log = cluster.folder / f"{zombie}.log"
    cluster.until(lambda: "lease lost" in log.read_text())

    assert cluster.status(task_id) == task
    assert task["status"] == "completed"
    assert audit(cluster.ledger(), [task_id]) == {"succeeded": 1} | PAID_ONCE


def test_a_worker_that_is_asked_to_stop_hands_over_at_once(make_cluster: MakeCluster) -> None:
    cluster = make_cluster(AIGCQ_LEASE_SECONDS="60")
    cluster.start_simulator(latency="4-4", concurrency="5")
    cluster.start_api()
    leaving = cluster.start_worker()
    task_ids = [cluster.create(f"v{number}")["task_id"] for number in range(5)]
    for task_id in task_ids:
        _until_generating(cluster, task_id)
    cluster.start_worker()

    code = cluster.terminate(leaving, seconds=5)
    tasks = cluster.until_ended(task_ids, seconds=20)

    assert code == 0
    assert {task["status"] for task in tasks} == {"completed"}
    assert audit(cluster.ledger(), task_ids) == {"succeeded": 5} | PAID_ONCE


@pytest.mark.parametrize("while_store_is_away", [False, True])
def test_an_idle_worker_stops_at_once(make_cluster: MakeCluster, while_store_is_away: bool) -> None:
    cluster = make_cluster()
    cluster.start_simulator()
    environment = {"REDIS_URL": "redis://127.0.0.1:1"} if while_store_is_away else {}
    worker = cluster.start_worker(**environment)
    log = cluster.folder / f"{worker}.log"
    cluster.until(lambda: "worker started" in log.read_text())

    assert cluster.terminate(worker, seconds=5) == 0


def test_a_worker_that_is_drained_over_http_ends_with_code_0_and_takes_nothing_more(make_cluster: MakeCluster) -> None:
    cluster = make_cluster()
    cluster.start_simulator(latency="1-1")
    cluster.start_api()
    names = [cluster.start_worker() for _ in range(2)]

    def listed() -> list[str]:
        return [each["consumer"] for each in cluster.http.get(f"{cluster.api_url}/aigc/workers").json()["workers"]]

    cluster.until(lambda: len(listed()) == 2)
    drained = next(each for each in listed() if each.startswith(names[0]))
    assert cluster.http.post(f"{cluster.api_url}/aigc/workers/{drained}/drain").status_code == 200
    cluster.until(lambda: cluster.processes[names[0]].poll() is not None)
    (task,) = cluster.until_ended([cluster.create()["task_id"]])

    assert cluster.processes[names[0]].returncode == 0
    assert [each.startswith(names[1]) for each in listed()] == [True]
    assert task["status"] == "completed"


def test_a_wrong_key_pauses_the_queue_and_fails_nothing(make_cluster: MakeCluster) -> None:
    cluster = make_cluster()
    cluster.start_simulator(latency="1-1")
    cluster.start_api()
    wrong = cluster.start_worker(TENCENTCLOUD_SECRET_KEY="not-the-key")

    task_id = cluster.create()["task_id"]
    info = cluster.until(lambda: (found := cluster.info())["paused"] and found)
    task = cluster.status(task_id)
    cluster.terminate(wrong)
    cluster.start_worker()
    cluster.http.get(f"{cluster.api_url}/health")

    assert "AuthFailure" in info["pause_reason"]
    assert (task["status"], task["position"], task["attempt"]) == ("queued", 1, 1)
    assert cluster.until_ended([task_id])[0]["status"] == "completed"


def test_a_fault_in_one_task_does_not_end_the_others(make_cluster: MakeCluster) -> None:
    cluster = make_cluster()
    cluster.start_simulator(latency="1-1", concurrency="2")
    cluster.start_api()
    cluster.start_worker()

    bad = cluster.create("a fight with blood and gore", metadata={"n": 1})["task_id"]
    good = [cluster.create(f"a fox {number}")["task_id"] for number in range(3)]
    tasks = cluster.until_ended([bad, *good])

    assert [task["status"] for task in tasks[1:]] == ["completed"] * 3
