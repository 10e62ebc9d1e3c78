"""The API against its own OpenAPI document: schemathesis asks whatever that allows, and what it does not.

Other seeds: `SCHEMATHESIS_SEED=7 scripts/test tests/acceptance/test_openapi.py`.
"""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from aigcq.config import Settings
from aigcq.store import open_store
from tests.acceptance.cluster import Cluster, MakeCluster

SEED = os.environ.get("SCHEMATHESIS_SEED", "1")
MOST_EXAMPLES = "50"
NOT_TRUE_HERE = "use_after_free"
"""A video that is deleted before it has ended is cancelled, and can still be looked at; only then it can be erased."""
PHASES = ("Examples", "Coverage", "Fuzzing", "Stateful")
COMMAND = (
    sys.executable,
    "-m",
    "schemathesis.cli",
    "--config-file",
    str(Path(__file__).with_name("schemathesis.toml")),
)


@pytest.fixture
def api(make_cluster: MakeCluster) -> Cluster:
    """The API as a process, with a worker that was last seen a moment ago; so it is healthy, and nothing runs.

    A stream of events ends at once: each of thousands of calls would wait for its next event."""
    cluster = make_cluster(AIGCQ_LEASE_SECONDS="3600", AIGCQ_STREAM_SECONDS="0.05")
    cluster.start_api()
    asyncio.run(_worker_seen(cluster.environment["REDIS_URL"]))
    assert cluster.http.get(f"{cluster.api_url}/health").status_code == 200
    return cluster


async def _worker_seen(redis_url: str) -> None:
    async with open_store(Settings(), redis_url) as store:
        await store.control.beat("worker", {"ok_ms": 1, "simulated": 1})


@pytest.mark.timeout(480)  # 30 s on a machine with nothing else to do
def test_the_api_does_what_its_openapi_document_says(api: Cluster) -> None:
    document = f"{api.api_url}/openapi.json"

    done = subprocess.run(
        [
            *COMMAND, "run", document, "--checks", "all", "--exclude-checks", NOT_TRUE_HERE,
            "--seed", SEED, "--max-examples", MOST_EXAMPLES,
        ],
        cwd=api.folder, capture_output=True, text=True, timeout=470, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2_000:]
    operations = sum(len(path) for path in api.http.get(document).json()["paths"].values())
    assert f"Selected: {operations}/{operations}\n  Tested: {operations}\n" in done.stdout
    assert [phase for phase in PHASES if f"✅ {phase}\n" not in done.stdout] == []
    assert int(re.findall(r"(\d+) generated", done.stdout)[0]) > 500
    log = (api.folder / "api.log").read_text()
    assert "Traceback" not in log
    assert [line for line in log.splitlines() if not line.isprintable()] == []
