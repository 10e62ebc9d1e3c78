"""A queue that is stuck is named, by `/health`, by `aigcq doctor`, and by an alert on what is measured then."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import promtool
from tests.acceptance.cluster import Cluster
from tests.acceptance.stuck import CASES, command, well

STOPS = frozenset({"wrong-key", "no-worker", "redis-read-only", "full-disk-of-redis"})
"""Of those nothing can end until somebody acts: a load balancer is told so."""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A service in which nothing is wrong, for all of them: each is mended again."""
    with well(Path(tmp_path_factory.mktemp("stuck"))) as cluster:
        cluster.until(lambda: health(cluster)["workers"] == 1)
        yield cluster


def health(cluster: Cluster) -> dict[str, Any]:
    return dict(cluster.http.get(f"{cluster.api_url}/health").json())


def found(cluster: Cluster) -> list[str]:
    return [each["code"] for each in health(cluster)["findings"]]


def measured(cluster: Cluster, names: set[str]) -> promtool.Series | None:
    """Return what is measured, as if it stayed so for an hour; None while it has none of the `names`."""
    text = str(cluster.http.get(f"{cluster.api_url}/metrics").text)
    present = set(re.findall(r'^aigcq_finding\{code="(\w+)",queue="default"\} 1\.0$', text, re.M))
    lines = re.findall(r"^(aigcq_(?:finding|redis_up|oldest_queued_seconds)(?:\{.*\})?) ([0-9.]+)$", text, re.M)
    return {name: f"{value}x60" for name, value in lines} if names & present else None


@pytest.mark.parametrize("case", CASES)
def test_what_is_wrong_is_named_everywhere_and_gone_once_it_is_mended(
    service: Cluster, case: str, tmp_path: Path
) -> None:
    make, names = CASES[case]

    with make(service):
        service.until(lambda: names & set(found(service)), seconds=30)
        answer = service.http.get(f"{service.api_url}/health")
        doctor = command(service, "doctor", "--json")
        series = service.until(lambda: measured(service, set(names)), seconds=5)

    assert answer.status_code == (503 if case in STOPS else 200)
    (named,) = [each for each in answer.json()["findings"] if each["code"] in names]
    assert (Path(__file__).parents[2] / named["docs"]).is_file()
    checks = {check["name"]: check["state"] for check in json.loads(doctor.stdout)["checks"]}
    (state,) = [checks[name] for name in names & set(checks)]
    assert state == "fail" if case in STOPS else state in ("warn", "fail")
    service.until(lambda: not names & set(found(service)), seconds=40)
    promtool.raises(series, named["code"], "default", tmp_path)
