"""What a task costs, on every face; what is refused because of it; and what was spent."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from aigcq.model import Event
from aigcq.spending import FREE, Footage
from aigcq.store import Store
from aigcq.tenant import Tenant
from tests.api.conftest import Service

PRICES = str(Path(__file__).parents[1] / "prices.yaml")
FOX = {"prompt": "a fox", "model_name": "Hailuo", "model_version": "2.3", "duration": 6, "resolution": "768P"}
"""It may cost 2.1."""

pytestmark = pytest.mark.settings(prices=PRICES)


def created(service: Service, **fields: Any) -> str:
    return str(service.http.post("/aigc/create", json=FOX | fields).raise_for_status().json()["task_id"])


def limited(service: Service, **budget: int) -> None:
    service.on_store(service.store.tenants.put, Tenant(name="", **budget))


async def _settled(store: Store, **how: Any) -> None:
    (delivery,) = (await store.deliveries.claim("worker-a", 1)).deliveries
    event = Event.FAIL if how.get("cost") == FREE else Event.SUCCEED
    result = {"code": "vendor_rejected", "message": "no"} if event is Event.FAIL else {"video_url": "http://x/1.mp4"}
    await store.deliveries.settle(delivery, event, result | how.pop("result", {}), **how)


def test_a_task_shows_what_it_may_cost_and_what_it_came_to(service: Service) -> None:
    task_id = created(service)
    before = service.http.get(f"/aigc/status/{task_id}").json()["cost"]
    service.on_store(_settled, service.store, cost=3_500_000, result={"output_seconds": 10})
    after = service.http.get(f"/aigc/status/{task_id}").json()["cost"]

    assert before == {"currency": "CNY", "estimated": "2.1", "final": None, "billed_seconds": None}
    assert after == {"currency": "CNY", "estimated": "2.1", "final": "3.5", "billed_seconds": 10}
    assert service.http.get(f"/v1/videos/{task_id}").json()["cost"] == after


def test_what_cost_nothing_came_to_nothing(service: Service) -> None:
    task_id = created(service)
    service.on_store(_settled, service.store, cost=FREE)

    assert service.http.get(f"/aigc/status/{task_id}").json()["cost"]["final"] == "0"


def test_a_task_without_a_price_has_no_cost(service: Service) -> None:
    task_id = created(service, model_name="Vidu", model_version="", duration=5, resolution="720P")

    assert service.http.get(f"/aigc/status/{task_id}").json()["cost"] is None


@pytest.mark.parametrize("path", ["/aigc/create", "/aigc/create "])
def test_what_a_budget_has_no_room_for_is_refused_with_what_remains(service: Service, path: str) -> None:
    limited(service, budget_day=3_000_000)
    created(service)

    headers = {"content-type": "application/json; charset=utf-8"} if path.endswith(" ") else {}  # the framework's way
    refused = service.http.post(path.strip(), json=FOX, headers=headers)

    problem = refused.json()
    assert (refused.status_code, problem["code"]) == (402, "budget_exceeded")
    assert refused.headers["content-type"] == "application/problem+json"
    budget = problem["budget"]
    renews_at = budget.pop("renews_at")
    assert budget == {
        "scope": "tenant", "period": "day", "currency": "CNY", "limit": "3", "settled": "0", "committed": "2.1",
        "remaining": "0.9", "estimated": "2.1",
    }  # fmt: skip
    assert renews_at.endswith("T16:00:00Z")  # midnight in Shanghai
    assert service.http.get("/aigc/queue/info").json()["queue_length"] == 1


def test_clients_of_openai_are_told_so_once_and_do_not_try_again(service: Service) -> None:
    limited(service, budget_month=1)

    refused = service.http.post("/v1/videos", json={"prompt": "a fox", "model": "hailuo-2.3", "seconds": "6"})

    error = refused.json()["error"]
    assert (refused.status_code, refused.headers["x-should-retry"]) == (402, "false")
    assert (error["code"], error["type"]) == ("budget_exceeded", "insufficient_quota")
    assert error["budget"]["remaining"] == "0.000001"
    assert "remains" in error["message"]


def test_clients_of_replicate_are_told_so_too(service: Service) -> None:
    limited(service, budget_month=1)

    refused = service.http.post("/v1/models/minimax/hailuo-2.3/predictions", json={"input": {"prompt": "a fox"}})

    assert (refused.status_code, refused.json()["code"]) == (402, "budget_exceeded")


@pytest.mark.parametrize("most", [2, "2.09", 0])
def test_who_says_what_it_may_cost_at_most_pays_no_more(service: Service, most: object) -> None:
    refused = service.http.post("/aigc/create", json=FOX | {"max_cost": most})

    assert (refused.status_code, refused.json()["code"]) == (402, "max_cost_exceeded")
    created(service, max_cost="2.10")
    video = {"prompt": "a fox", "model": "hailuo-2.3", "seconds": "6", "max_cost": most}
    assert service.http.post("/v1/videos", json=video).status_code == 402


@pytest.mark.parametrize("most", [-1, "1e3", True, "NaN", [1], 10**12, "1.2345678"])
def test_what_is_no_amount_is_refused_by_its_name(service: Service, most: object) -> None:
    refused = service.http.post("/aigc/create", json=FOX | {"max_cost": most})

    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "max_cost"


def test_in_a_batch_each_is_refused_by_itself(service: Service) -> None:
    limited(service, budget_day=2_100_000)

    batch = service.http.post("/aigc/batch", json={"items": [FOX | {"max_cost": 1}, FOX, FOX]}).json()

    codes = [(item.get("problem") or {}).get("code") for item in batch["items"]]
    assert codes == ["max_cost_exceeded", None, "budget_exceeded"]


def test_max_cost_of_what_has_no_price_is_refused_with_the_reason(service: Service) -> None:
    body = FOX | {"model_name": "Vidu", "model_version": "q3-pro", "duration": 5, "resolution": "720P", "max_cost": 9}

    refused = service.http.post("/aigc/create", json=body)

    assert (refused.status_code, refused.json()["code"]) == (402, "price_unknown")
    assert "no price for Vidu q3-pro 720P" in refused.json()["detail"]


def test_the_models_come_with_their_prices(service: Service) -> None:
    prices = service.http.get("/aigc/models").json()["prices"]

    assert (prices["currency"], prices["source"]) == ("CNY", "tests")
    assert {"model": "Hailuo", "version": "2.3", "resolution": "768P", "price": "0.35"} in prices["rows"]


def test_a_month_is_told_by_day_tenant_and_model(service: Service) -> None:
    limited(service, budget_month=10_000_000)
    created(service)
    service.on_store(_settled, service.store, cost=2_100_000, footage=Footage(millis=6000))
    created(service, model_name="Kling", model_version="3.0", duration=5, resolution="720P")

    spend = service.http.get("/aigc/spend").json()

    (day,) = spend["days"]
    hailuo = {"settled": "2.1", "videos": 1, "seconds": 6}
    assert (spend["currency"], spend["timezone"], spend["tenant"]) == ("CNY", "Asia/Shanghai", None)
    assert (day["tenant"], day["tasks"], day["committed"]) == ("default", 2, "5")
    assert day["models"] == {"Hailuo-2.3": hailuo}
    assert spend["total"] == {"settled": "2.1", "committed": "5", "released": "0", "tasks": 2} | {
        "videos": 1, "seconds": 6,
    }  # fmt: skip
    (budget,) = service.http.get("/aigc/spend?tenant=default").json()["budgets"]
    assert (budget["period"], budget["limit"], budget["remaining"]) == ("month", "10", "2.9")
    assert service.http.get("/aigc/spend?tenant=red").json()["days"] == []
    assert service.http.get("/aigc/spend?month=2020-01").json()["days"] == []


@pytest.mark.parametrize("by", ["model", "task"])
def test_a_month_is_exported_and_each_column_adds_up(service: Service, by: str) -> None:
    first = created(service)
    service.on_store(_settled, service.store, cost=2_100_000, footage=Footage(millis=6000))
    second = created(service)

    answer = service.http.get(f"/aigc/spend.csv?by={by}")

    rows = list(csv.DictReader(io.StringIO(answer.text)))
    spent = "settled" if by == "model" else "spent"
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert sum(float(row[spent] or 0) for row in rows) == 2.1
    assert sum(float(row["committed"] or 0) for row in rows) == 2.1
    if by == "task":
        assert [row["task_id"] for row in rows] == [first, second]


def test_who_asks_for_csv_gets_it_from_the_view_too(service: Service) -> None:
    answer = service.http.get("/aigc/spend", headers={"accept": "text/csv"})

    assert answer.text.startswith("day,tenant,model,")


@pytest.mark.parametrize("query", ["month=2026-13", "month=november", "tenant=NO%20NAME", "by=colour"])
def test_what_there_is_no_month_or_tenant_of_is_refused(service: Service, query: str) -> None:
    assert service.http.get(f"/aigc/spend.csv?{query}").status_code == 422
