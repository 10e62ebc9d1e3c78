"""Whatever is wrong raises one alert that names it, and nothing else does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from aigcq.diagnosis import Code
from aigcq.exporter import sample_names
from tests import promtool
from tests.promtool import Series, alerts, case, named

ROOT = promtool.ROOT
UP: Series = {
    'aigcq_redis_up{queue="q",instance="api"}': "1x60",
    'up{job="aigcq-api",instance="api"}': "1x60",
    'up{job="aigcq-worker",instance="w"}': "1x60",
    'aigcq_oldest_queued_seconds{queue="q"}': "30x60",
    'aigcq_outbox_overdue_seconds{queue="q"}': "0x60",
    'aigcq_webhook_deliveries_total{outcome="delivered"}': "0+10x60",
    'aigcq_webhook_deliveries_total{outcome="failed"}': "0+1x60",
    'aigcq_faults_total{job="aigcq-worker"}': "0x60",
    'aigcq_http_requests_total{status="2xx"}': "0+100x60",
    'aigcq_http_requests_total{status="5xx"}': "0+1x60",
}
STUCK = {
    "wrong key": ("vendor_auth", []),
    "vendor down": ("vendor_unreachable", ["queue_stuck"]),
    "threshold at the floor": ("threshold_at_floor", []),
    "no worker": ("no_worker", ["queue_stuck"]),
    "Redis read-only": ("redis_read_only", ["no_worker", "queue_stuck"]),
    "full disk": ("redis_disk_full", ["no_worker", "queue_stuck"]),
}
"""What stops a queue, as it is found, and what else is found because of it."""


def findings(*present: str) -> Series:
    """Return the findings as two processes export them, of which one has not seen what is wrong."""
    seen = {f'aigcq_finding{{queue="q",code="{code}",instance="api"}}': f"{int(code in present)}x60" for code in Code}
    return seen | {name.replace("api", "w"): "0x60" for name in seen}


def test_rules_and_configuration_are_sound() -> None:
    assert "rules found" in promtool.run("check", "rules", promtool.RULES)
    promtool.run("check", "config", "--syntax-only", ROOT / "deploy" / "prometheus" / "prometheus.yml")


def test_each_finding_raises_its_own_alert_and_a_healthy_queue_none(tmp_path: Path) -> None:
    cases = [case({**UP, **findings(code)}, {named(code): [{"queue": "q", "code": code}]}) for code in Code]

    promtool.try_rules([*cases, case({**UP, **findings()}, {})], tmp_path)


def test_of_what_stops_a_queue_one_alert_is_raised_however_much_follows_from_it(tmp_path: Path) -> None:
    waits = {'aigcq_oldest_queued_seconds{queue="q"}': "7200x60"}  # everything waits for long then
    promtool.try_rules(
        [
            case({**UP, **waits, **findings(code, *more)}, {named(code): [{"queue": "q", "code": code}]})
            for code, more in STUCK.values()
        ],
        tmp_path,
    )


def test_what_is_no_finding_raises_an_alert_too(tmp_path: Path) -> None:
    slow = {
        'aigcq_redis_batch_seconds_bucket{job="aigcq-api",le="0.25"}': "0+1x60",
        'aigcq_redis_batch_seconds_bucket{job="aigcq-api",le="1.0"}': "0+10x60",
        'aigcq_redis_batch_seconds_bucket{job="aigcq-api",le="+Inf"}': "0+10x60",
    }
    wrong: dict[str, tuple[Series, dict[str, str]]] = {
        "AigcqApiDown": ({'up{job="aigcq-api",instance="api"}': "0x60"}, {"job": "aigcq-api", "instance": "api"}),
        "AigcqWorkerDown": ({'up{job="aigcq-worker",instance="w"}': "0x60"}, {"job": "aigcq-worker", "instance": "w"}),
        "AigcqQueueWaitsLong": ({'aigcq_oldest_queued_seconds{queue="q"}': "7200x60"}, {"queue": "q"}),
        "AigcqFaults": ({'aigcq_faults_total{job="aigcq-worker"}': "0x50 1x9"}, {"job": "aigcq-worker"}),
        "AigcqApiErrors": ({'aigcq_http_requests_total{status="5xx"}': "0+10x60"}, {}),
        "AigcqRedisSlow": (slow, {"job": "aigcq-api"}),
    }
    cases = [case({**UP, **findings(), **series}, {name: [labels]}) for name, (series, labels) in wrong.items()]
    late = {'aigcq_outbox_overdue_seconds{queue="q"}': "900x60"}
    failed = {'aigcq_webhook_deliveries_total{outcome="failed"}': "0+100x60"}
    cases += [case({**UP, **findings(), **late}, {"AigcqWebhooksFailing": [{"queue": "q"}]})]
    cases += [case({**UP, **findings(), **failed}, {"AigcqWebhooksFailing": [{"queue": "all"}]})]
    nothing = {name: values for name, values in UP.items() if not name.startswith("aigcq_redis_up")}
    cases += [case({**nothing, **findings()}, {"AigcqNotScraped": [{}]})]

    promtool.try_rules(cases, tmp_path)


def test_without_a_worker_its_silence_is_not_told_besides(tmp_path: Path) -> None:
    gone = {'up{job="aigcq-worker",instance="w"}': "0x60"}

    promtool.try_rules(
        [case({**UP, **gone, **findings("no_worker")}, {"AigcqNoWorker": [{"queue": "q", "code": "no_worker"}]})],
        tmp_path,
    )


@pytest.mark.parametrize("name", alerts())
def test_an_alert_says_what_it_is_how_bad_and_where_to_read_on(name: str) -> None:
    rule = alerts()[name]

    page = re.fullmatch(r"https://.+/(docs/runbooks/[a-z-]+\.md)", rule["annotations"]["runbook_url"])

    assert rule["labels"]["severity"] in ("critical", "warning")
    assert rule["annotations"]["summary"] and rule["annotations"]["description"]
    assert page
    assert (ROOT / page[1]).is_file()


def test_rules_ask_for_nothing_that_is_not_exported() -> None:
    asked = set(re.findall(r"\baigcq_\w+", promtool.RULES.read_text("utf-8")))

    assert asked - {"aigcq_api", "aigcq_worker"} <= sample_names()


def test_the_configuration_asks_where_compose_lets_it() -> None:
    scrapes = yaml.safe_load((ROOT / "deploy" / "prometheus" / "prometheus.yml").read_text("utf-8"))["scrape_configs"]
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))["services"]
    by_name = {each["job_name"]: each for each in scrapes}

    (worker,) = by_name["aigcq-worker"]["dns_sd_configs"]

    assert str(worker["port"]) == services["worker"]["environment"]["AIGCQ_METRICS_PORT"]
    assert worker["names"] == ["worker"]
    assert by_name["aigcq-api"]["static_configs"][0]["targets"] == ["api:8000"]
