"""To each tenant the store is as if there were no tasks but its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from aigcq.caller import Caller, Scope
from aigcq.errors import TaskNotFound
from aigcq.model import Cancelled
from aigcq.store import Store
from aigcq.store.listing import LOOKED_AT, Wanted
from tests.conftest import age
from tests.integration.steps import claim, complete, enqueue, fail, new, submitted

pytestmark = [pytest.mark.asyncio, pytest.mark.settings(default_threshold=500, max_threshold=500, create_burst=500)]

NOBODY = "0a0a0a0a-0000-4000-8000-00000000000f"


def seen_by(store: Store, tenant: str) -> Store:
    """Return the store as one tenant sees it."""
    return store.seen_by(Caller(tenant=tenant, scopes={Scope.CREATE, Scope.READ}, key_id="k"))


async def listed(store: Store, wanted: Wanted = Wanted()) -> list[str]:  # noqa: B008  # frozen
    return [each.task.id async for each in store.lists.tasks(wanted)]


async def hidden(store: Store, verb: Callable[[Store], Awaitable[Any]]) -> None:
    """It is as if there were none, to a tenant with a name and to the one without."""
    for tenant in ("blue", ""):
        with pytest.raises(TaskNotFound):
            await verb(seen_by(store, tenant))


async def test_another_s_task_cannot_be_looked_at(store):
    (task_id,) = await enqueue(store, tenant="red")

    await hidden(store, lambda other: other.tasks.get(task_id))
    await hidden(store, lambda other: other.lists.cursor_of(task_id))
    assert (await seen_by(store, "red").tasks.get(task_id)).task.id == task_id


async def test_another_s_task_cannot_be_cancelled(store):
    (task_id,) = await enqueue(store, tenant="red")

    await hidden(store, lambda other: other.tasks.cancel(task_id))
    assert await seen_by(store, "red").tasks.cancel(task_id) is Cancelled.CANCELLED


async def test_another_s_task_that_runs_cannot_be_asked_to_end(store):
    delivery = await _running(store, tenant="red")

    await hidden(store, lambda other: other.tasks.cancel(delivery.task_id))
    assert not (await store.tasks.get(delivery.task_id)).task.cancel_requested


async def test_another_s_task_cannot_be_moved(store):
    (task_id,) = await enqueue(store, tenant="red")

    await hidden(store, lambda other: other.tasks.reorder(task_id, 5))
    assert await seen_by(store, "red").tasks.reorder(task_id, 5)


async def test_another_s_task_cannot_be_run_again(store):
    delivery = await _running(store, tenant="red")
    await fail(store, delivery)

    await hidden(store, lambda other: other.tasks.requeue(delivery.task_id))
    assert await seen_by(store, "red").tasks.requeue(delivery.task_id)


async def test_another_s_task_cannot_be_erased(store):
    delivery = await _running(store, tenant="red")
    await complete(store, delivery)

    await hidden(store, lambda other: other.tasks.erase(delivery.task_id))
    await seen_by(store, "red").tasks.erase(delivery.task_id)


async def test_another_s_webhook_cannot_be_told_again(store):
    (task_id,) = await enqueue(store, tenant="red", webhook="end")
    await store.tasks.cancel(task_id)

    await hidden(store, lambda other: other.outbox.replay(task_id))
    assert await seen_by(store, "red").outbox.replay(task_id)


async def test_another_s_picture_cannot_be_had(store):
    red = seen_by(store, "red")
    await red.uploads.put_file(NOBODY, "AAAA")
    sent = new(tenant="red")
    await red.uploads.put(sent.id, "BBBB")
    await store.tasks.enqueue(sent)

    for other in (seen_by(store, "blue"), seen_by(store, "")):
        assert [await other.uploads.get(each) for each in (NOBODY, sent.id)] == [None, None]
        assert not await other.uploads.drop_file(NOBODY)
    assert [await red.uploads.get(each) for each in (NOBODY, sent.id)] == ["AAAA", "BBBB"]
    assert await store.uploads.get(sent.id) == "BBBB"
    assert await red.uploads.drop_file(NOBODY)


async def test_a_file_of_the_tenant_without_a_name_is_its_own(store):
    await store.uploads.put_file(NOBODY, "AAAA")

    assert await seen_by(store, "red").uploads.get(NOBODY) is None
    assert not await seen_by(store, "red").uploads.drop_file(NOBODY)
    assert await seen_by(store, "").uploads.get(NOBODY) == "AAAA"


async def test_what_is_kept_of_another_s_video_is_not_told(store):
    delivery = await _running(store, tenant="red")
    await store.files.keep(delivery, {"key": "k"})

    assert await seen_by(store, "red").files.get(delivery.task_id)
    assert [await seen_by(store, each).files.get(delivery.task_id) for each in ("blue", "")] == [None, None]


async def test_what_a_tenant_makes_is_its_own_whoever_it_says_it_is_for(store):
    view = await seen_by(store, "red").tasks.enqueue(new())

    assert (await store.tasks.get(view.task.id)).task.tenant == "red"


async def test_one_key_of_idempotency_is_another_one_for_each_tenant(store):
    named = {"idempotency_key": "order-1", "fingerprint": "f"}

    views = [await seen_by(store, tenant).tasks.enqueue(new(**named)) for tenant in ("red", "blue", "", "red")]

    ids = [view.task.id for view in views]
    assert (len(set(ids)), ids[3], views[3].replayed) == (3, ids[0], True)


@pytest.mark.parametrize("newest", [True, False])
async def test_a_list_shows_each_tenant_its_own_in_the_same_order_as_all(store, newest):
    await _mixed(store)
    wanted = Wanted(newest=newest)
    everything = [(each.task.id, each.task.tenant) async for each in store.lists.tasks(wanted)]

    for tenant in ("red", "blue", ""):
        own = [task_id for task_id, owner in everything if owner == tenant]
        shown = [each async for each in seen_by(store, tenant).lists.tasks(wanted)]
        assert [each.task.id for each in shown] == own
        for i, each in enumerate(shown):
            behind = [later.task.id async for later in seen_by(store, tenant).lists.tasks(wanted, each.cursor)]
            assert behind == own[i + 1 :]
            assert await seen_by(store, tenant).lists.cursor_of(each.task.id) == each.cursor


async def test_a_cursor_names_no_task_of_another(store):
    await _mixed(store, count=LOOKED_AT)  # the last one of a page is hardly ever of the tenant without a name
    ids = {task_id: (await store.tasks.get(task_id)).task.tenant for task_id in await listed(store)}

    for tenant in ("red", "blue", ""):
        for newest in (True, False):
            pages = seen_by(store, tenant).lists.pages(Wanted(newest=newest))
            cursors = [cursor async for _, cursor in pages]
            assert [each for each in cursors if ids.get(each.rpartition(":")[2], tenant) != tenant] == []
            found = [task_id async for task_id in _walked(store, tenant, newest)]
            assert sorted(found) == sorted(task_id for task_id, owner in ids.items() if owner == tenant)


async def test_a_small_tenant_s_page_looks_at_no_task_of_others(store):
    (own,) = await enqueue(store, tenant="red")
    await enqueue(store, 2 * LOOKED_AT, tenant="blue")

    pages = [
        ([each.task.id for each in page], cursor) async for page, cursor in seen_by(store, "red").lists.pages(Wanted())
    ]

    assert pages == [([own], "ended:first"), ([], "")]


async def test_a_cursor_of_another_kind_of_list_is_none(store):
    await enqueue(store, 3)

    for tenant, cursor in (("red", "open:1-1"), ("", f"open:1:{NOBODY}")):
        with pytest.raises(ValueError, match="no cursor"):
            await anext(seen_by(store, tenant).lists.tasks(Wanted(), cursor))


async def test_what_the_release_before_has_ended_or_run_again_stands_at_its_place_after_a_look(store):
    done, gone = await enqueue(store, 2, tenant="red")
    await store.tasks.cancel(done)
    client, keys = store.connection.client, store.connection.keys
    score = 10**13 + 100
    await client.zadd(keys.ended_of("red"), {done: score, NOBODY: score})

    await listed(seen_by(store, "red"))

    assert await listed(seen_by(store, "red")) == [gone, done]
    assert await client.zscore(keys.ended_of("red"), NOBODY) is None


async def test_a_tenant_s_list_forgets_what_has_no_record_any_more(store):
    first = await _running(store, tenant="red")
    await complete(store, first)
    await age(store, store.connection.settings.result_ttl_seconds + 1)

    second = await _running(store, tenant="red")
    await complete(store, second)

    assert await store.connection.client.zrange(store.connection.keys.ended_of("red"), 0, -1) == [second.task_id]


async def _running(store: Store, **fields: Any) -> Any:
    await enqueue(store, **fields)
    (delivery,) = await claim(store)
    return await submitted(store, delivery)


async def _mixed(store: Store, count: int = 4, nameless: int = 4) -> Sequence[str]:
    """Make open and ended tasks of several tenants, many of them ended in one millisecond."""
    counts = {"red": count, "": nameless, "blue": count}
    made = [task_id for tenant, each in counts.items() for task_id in await enqueue(store, each, tenant=tenant)]
    for delivery in (await claim(store, count=len(made)))[::2]:
        await complete(store, await submitted(store, delivery))
    await age(store, 1)
    made += [task_id for tenant in ("", "red", "blue") for task_id in await enqueue(store, 2, tenant=tenant)]
    return made


async def _walked(store: Store, tenant: str, newest: bool) -> Any:
    """Yield what a client is shown that goes on from the cursor of each page."""
    cursor = ""
    while True:
        async for page, behind in seen_by(store, tenant).lists.pages(Wanted(newest=newest), cursor):
            for each in page:
                yield each.task.id
            cursor = behind
            break
        else:
            return
        if not cursor:
            return
