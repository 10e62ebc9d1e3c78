"""A video outlives the vendor's: as processes, from the create to its erasing."""

from __future__ import annotations

import hashlib
from pathlib import Path

from aigcq.config import Settings
from tests.acceptance.cluster import Cluster, MakeCluster


def _keeping(make_cluster: MakeCluster) -> Cluster:
    # A folder of the test's own; the simulator's videos end as soon as they can.
    cluster = make_cluster(AIGCQ_STORAGE="", AIGCQ_DATA_DIR="data")
    cluster.start_simulator(latency="1-1")
    cluster.start_api()
    cluster.start_worker()
    return cluster


def test_a_video_is_kept_served_and_erased(make_cluster: MakeCluster, tmp_path: Path) -> None:
    cluster = _keeping(make_cluster)

    task_id = cluster.create()["task_id"]
    (task,) = cluster.until_ended([task_id])
    result = task["result"]
    cluster.terminate("simulator")  # and with it all that the vendor has

    assert result["video_url"] == f"{cluster.api_url}/aigc/videos/{task_id}"
    assert result["source_url"].startswith(cluster.vendor_url)
    video = cluster.http.get(result["video_url"])
    assert b"ftyp" in video.content[:12]
    assert hashlib.md5(video.content).hexdigest() == result["stored"]["md5"]
    assert len(video.content) == result["stored"]["bytes"]
    part = cluster.http.get(result["video_url"], headers={"Range": "bytes=4-7", "If-Range": video.headers["etag"]})
    assert (part.status_code, part.content) == (206, b"ftyp")
    assert cluster.http.get(result["thumbnail_url"]).content.startswith(b"\xff\xd8")

    assert cluster.http.delete(f"{cluster.api_url}/aigc/tasks/{task_id}").status_code == 204
    assert cluster.http.get(result["video_url"]).status_code == 404
    assert [path for path in (tmp_path / "data" / "videos").rglob("*") if path.is_file()] == []


def test_a_worker_that_is_killed_in_the_middle_of_a_copy_leaves_it_to_another(
    make_cluster: MakeCluster, tmp_path: Path
) -> None:
    cluster = _keeping(make_cluster)

    task_id = cluster.create()["task_id"]
    cluster.until(lambda: cluster.status(task_id)["phase"] == "saving", pause=0.01)
    cluster.kill("worker-1")
    cluster.start_worker()
    (task,) = cluster.until_ended([task_id])

    assert task["status"] == "completed"
    assert cluster.http.get(task["result"]["video_url"]).status_code == 200
    names = {path.suffix for path in (tmp_path / "data" / "videos").rglob("*") if path.is_file()}
    assert names == {".mp4", ".jpg"}


def test_a_worker_refuses_a_folder_that_others_may_not_see(make_cluster: MakeCluster) -> None:
    cluster = make_cluster(AIGCQ_STORAGE="", REDIS_URL="redis://redis.example.invalid:6379/0")

    for process in (cluster.spawn("worker", "-m", "aigcq", "worker"), cluster.spawn("api", "-m", "aigcq", "api")):
        assert process.wait(30) != 0

    for name in ("worker", "api"):
        said = (cluster.folder / f"{name}.log").read_text()
        assert "AIGCQ_STORAGE_SHARED=true" in said
        assert "Traceback" not in said


def test_the_defaults_keep_videos_longer_than_the_vendor_does() -> None:
    assert Settings().storage_retention_seconds > 7 * 86400
