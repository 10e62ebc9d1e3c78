"""A limit of a model: it is found, it holds nobody else back, it follows the law, and it goes."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from aigcq.limit import News, ceiling
from aigcq.limit.scopes import Refusal, blame
from aigcq.model import Delivery
from aigcq.store import Store
from aigcq.store.scripts import part
from tests.conftest import age
from tests.integration.learnt import CEILING, answered, ends, learnt, limited, limits, look
from tests.integration.steps import claim, enqueue, put_back, record, threshold

pytestmark = [pytest.mark.asyncio, pytest.mark.settings(**CEILING)]

BLAME = """
local model, account, suspect = blame(cjson.decode(ARGV[1]))
return {model and 1 or 0, account and 1 or 0, suspect}
"""
NAMES = st.sampled_from(["A", "B"])
SEEN = st.builds(
    Refusal, model=NAMES, limited=st.booleans(), model_probe=st.booleans(), account_probe=st.booleans(),
    others=st.integers(0, 3), waiting=st.booleans(), count=st.integers(1, 5), proven=st.integers(0, 5),
    full=st.booleans(), own_proven=st.booleans(), suspect=st.sampled_from(["", "A", "B", "*"]),
)  # fmt: skip


@hypothesis_settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(seen=SEEN)
async def test_the_blame_in_redis_is_the_pure_one(store: Store, seen: Refusal) -> None:
    to_model, to_account, suspect = await store.connection.client.eval(
        part("scopes") + BLAME, 0, json.dumps(asdict(seen))
    )

    assert (bool(to_model), bool(to_account), suspect) == blame(seen)


async def given_of(store: Store, *models: str) -> list[Delivery]:
    """Let one task of each model be given, and be answered if it is not the last one."""
    for model in models:
        await enqueue(store, model=model)
    given: list[Delivery] = []
    for _ in range(100):  # one answer lets the next go, so that it takes some claims
        given += [await answered(store, delivery) for delivery in await claim(store)]
        if len(given) >= len(models):
            break
    assert len(given) == len(models)
    return given


async def one_is_refused(store: Store, *models: str) -> list[Delivery]:
    """Let all be accepted, then one more of the first model be refused; return what runs."""
    await learnt(store)
    running = await given_of(store, *models)
    await enqueue(store, model=models[0])
    (more,) = await claim(store)
    await put_back(store, more, news=News.REFUSED)
    return running


async def state_of(store: Store, model: str, name: str) -> str | None:
    """Return what is remembered of a model, or of the account."""
    keys = store.connection.keys
    found: str | None = await store.connection.client.hget(keys.limit_of(model) if model else keys.limit, name)
    return found


async def test_a_model_that_is_refused_where_the_account_takes_as_many_gets_a_limit_at_what_it_has(store):
    await one_is_refused(store, "A-1", "B-1")

    assert await limits(store) == {"A": 1}
    assert await threshold(store) == 4


async def test_versions_of_a_model_share_its_limit(store):
    await one_is_refused(store, "A-1", "B-1")
    await age(store, 60)
    await enqueue(store, model="A-2")

    assert await claim(store) == []


async def test_one_model_alone_leaves_the_account_to_be_told(store):
    await one_is_refused(store, "A-1", "A-1")

    assert await limits(store) == {}
    assert await state_of(store, "", "refusals") == "1"


async def test_where_others_wait_they_may_go_on_at_once(store):
    await enqueue(store, 2, model="A-1")
    (other,) = await enqueue(store, model="B-1")
    (first,) = await claim(store)
    await answered(store, first)
    await age(store, 3)
    (second,) = await claim(store)

    await put_back(store, second, news=News.REFUSED)

    assert await limits(store) == {"A": 1}
    assert [delivery.task_id for delivery in await claim(store)] == [other]


async def test_if_the_next_model_is_refused_too_it_was_the_account(store):
    await one_is_refused(store, "A-1", "B-1")
    await enqueue(store, model="B-1")
    (more,) = await claim(store)

    await put_back(store, more, news=News.REFUSED)

    assert await limits(store) == {}
    assert (await look(store)).wait_seconds > 1
    assert await state_of(store, "", "refusals") == "1"


async def test_what_is_accepted_between_clears_the_account(store):
    await one_is_refused(store, "A-1", "B-1")
    await given_of(store, "B-1")
    await enqueue(store, model="B-1")
    await learnt(store, threshold=5, proven=5)
    (more,) = await claim(store)

    await put_back(store, more, news=News.REFUSED)

    assert await limits(store) == {"A": 1, "B": 2}


async def test_a_model_that_is_failed_later_gets_a_limit_if_the_account_has_finished_as_many(store):
    await learnt(store, held=4)
    _, second, _ = await given_of(store, "A-1", "A-1", "B-1")

    await put_back(store, second, news=News.FAILED, next_attempt=True)

    assert await limits(store) == {"A": 1}
    assert await threshold(store) == 4


async def test_a_failure_where_the_account_has_finished_fewer_is_the_account_s(store):
    await learnt(store)
    await limited(store, "A", threshold=3)
    _, second, _ = await given_of(store, "A-1", "A-1", "B-1")

    await put_back(store, second, news=News.FAILED, next_attempt=True)

    assert await limits(store) == {"A": 3}
    assert await threshold(store) == 1


async def test_too_many_requests_are_no_news_of_a_model(store):
    await learnt(store)
    await limited(store, "A", threshold=3)
    await given_of(store, "B-1")
    await enqueue(store, model="A-1")
    (more,) = await claim(store)

    await put_back(store, more, news=News.RATE_LIMITED)

    assert await state_of(store, "A", "hold_until_ms") in (None, "0")
    assert await state_of(store, "", "hold_until_ms") not in (None, "0")


@pytest.mark.settings(**CEILING | {"min_threshold": 2})
async def test_a_model_may_have_less_than_min_threshold(store):
    await one_is_refused(store, "A-1", "B-1")

    assert await limits(store) == {"A": 1}


async def test_what_ends_is_news_of_both(store):
    await learnt(store)
    await limited(store, "A", threshold=3)
    (first,) = await given_of(store, "A-1")

    await ends(store, first)

    assert [await state_of(store, model, "ended") for model in ("A", "")] == ["1", "1"]


async def test_if_the_account_is_full_and_the_model_has_run_as_many_both_wait(store):
    await learnt(store, proven=4)
    await limited(store, "A", threshold=3, proven=3)
    await given_of(store, "A-1", "B-1", "B-1")
    await enqueue(store, model="A-1")
    (more,) = await claim(store)

    await put_back(store, more, news=News.REFUSED)

    assert [await state_of(store, model, "refusals") for model in ("A", "")] == ["1", "1"]
    assert await limits(store) == {"A": 3}


async def test_a_permit_notes_what_both_limits_said(store):
    await learnt(store)
    await limited(store, "A", threshold=3)

    (delivery,) = await given_of(store, "A-1")

    assert (await record(store, delivery.task_id))["permit"] == "n:0:1/n:0:1"


async def test_a_full_model_gets_its_next_permit_when_one_of_its_tasks_ends(store):
    first, *_ = await one_is_refused(store, "A-1", "B-1")
    await age(store, 10)
    assert await claim(store) == []

    await ends(store, first)

    assert len(await claim(store)) == 1


async def test_a_permit_that_was_given_back_without_news_is_no_permit_of_its_model(store):
    await learnt(store)
    await limited(store, "A", threshold=1, base=1, proven=1)
    await enqueue(store, model="A-1")
    (unsent,) = await claim(store)

    await store.deliveries.hand_back(unsent)

    assert len(await claim(store)) == 1


async def test_a_probe_of_a_model_that_is_accepted_raises_its_limit(store):
    await learnt(store)
    await limited(store, "A", threshold=1, base=1, proven=1, ended=ceiling.ENOUGH_ENDED)
    await given_of(store, "A-1")

    (probe,) = await given_of(store, "A-1")

    assert (await record(store, probe.task_id))["permit"] == "n:0:2/p:0:2"
    assert await limits(store) == {"A": 2}


async def test_a_probe_of_a_model_that_is_refused_is_no_news_of_the_account(store):
    await learnt(store)
    await limited(store, "A", threshold=1, base=1, proven=1, ended=ceiling.ENOUGH_ENDED)
    await given_of(store, "A-1")
    await enqueue(store, model="A-1")
    (probe,) = await claim(store)

    await put_back(store, probe, news=News.REFUSED)

    assert await limits(store) == {"A": 1}
    assert await state_of(store, "", "refusals") == "0"


async def test_a_limit_that_has_risen_to_the_account_s_goes(store):
    await learnt(store)
    await limited(store, "A", threshold=3, base=3, proven=3, ended=ceiling.ENOUGH_ENDED)

    await given_of(store, *["A-1"] * 4)

    assert await limits(store) == {}
    keys = store.connection.keys
    assert not await store.connection.client.exists(keys.permits_of("A"), keys.limit_of("A"))


async def test_every_change_is_on_record_with_its_scope(store):
    await one_is_refused(store, "A-1", "B-1")

    (change, *_) = await store.control.changes(1)

    assert (change.scope, change.cause, change.old, change.new, change.live) == ("model:A", News.REFUSED, None, 1, 1)


@pytest.mark.settings(**CEILING | {"limit_policy": "step"})
async def test_by_the_law_of_the_base_specification_no_model_has_a_limit(store):
    await enqueue(store, 2, model="A-1")
    await enqueue(store, model="B-1")
    first, *_ = await claim(store)

    await put_back(store, first, news=News.REFUSED)

    assert not await state_of(store, "A", "threshold")
