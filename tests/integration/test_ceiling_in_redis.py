"""The law `ceiling` in Redis is that of limit/ceiling.py: the same permits, the same waits, the same state."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from aigcq.limit import Law, ceiling
from aigcq.limit.ceiling import Kind, Permit, State
from aigcq.store import Store
from tests.integration.steps import claim, enqueue

pytestmark = pytest.mark.asyncio

CEILING = (files("aigcq.store") / "lua/shared/ceiling.lua").read_text("utf-8")
ONE_STEP = """
local stored, law, what = cjson.decode(ARGV[1]), cjson.decode(ARGV[2]), cjson.decode(ARGV[3])
for field, text in pairs(stored) do stored[field] = tonumber(text) end
local state, answer = policy.load(stored, law, what.now), {}
local permit = {kind = what.kind, epoch = what.epoch, rank = what.rank, granted_ms = what.granted_ms}
if what.name == 'grant' then
    local kind, wait = policy.grant(state, law, what.live, what.pending, what.now)
    answer = {kind or '', wait}
else
    policy[what.name](state, law, permit, what.live, what.pending, what.now, what.finished_ms)
end
local flat = {}
for _, field in ipairs(policy.FIELDS) do
    flat[#flat + 1] = field
    flat[#flat + 1] = string.format('%d', state[field])
end
return {answer, flat}
"""
NOW_MS = 1_800_000_000_000

LAWS = st.builds(
    lambda minimum, more, default, increase, interval: Law(
        policy="ceiling", minimum=minimum, maximum=minimum + more, default=min(minimum + more, minimum + default),
        decrease=2, increase=increase, interval_ms=interval, hold_ms=2000,
    ),
    st.integers(1, 3), st.integers(0, 40), st.integers(0, 40), st.integers(1, 2), st.sampled_from([1_000, 60_000]),
)  # fmt: skip
WHAT = [
    *["grant"] * 6, *["accepted"] * 5, *["refused"] * 2, *["failed"] * 2, "waiting", *["ended"] * 4, "rate_limited",
]  # fmt: skip
STEPS = st.lists(
    st.tuples(
        st.sampled_from(WHAT),
        st.sampled_from([0, 0, 1, 300, 900, 3_100, 20_000, 65_000, 500_000]),
        st.integers(0, 1000),
    ),
    min_size=20,
    max_size=120,
)


class Account:
    """Permits that are out, as the store would know them, and the pure law."""

    def __init__(self, law: Law) -> None:
        self.law = law
        self.state = State.start(law, NOW_MS)
        self.pending: list[Permit] = []
        self.running: list[Permit] = []

    def step(self, name: str, number: int, now: int) -> tuple[dict[str, Any], list[Any]] | None:
        """Let one thing happen; return how the store would call it and what the pure law answers."""
        live, pending = len(self.pending) + len(self.running), len(self.pending)
        called: dict[str, Any] = {"name": name, "now": now}
        if name == "grant":
            self.state, permit, wait = ceiling.grant(self.state, self.law, live, pending, now)
            self.pending += [permit] * (permit is not None)
            return called | {"live": live, "pending": pending}, [permit.kind.value if permit else "", wait]
        if name == "rate_limited":
            self.state = ceiling.rate_limited(self.state, now)
            return called, []
        permits = self.pending if name in ("accepted", "refused") else self.running
        if not permits:
            return None
        permit = permits.pop(number % len(permits))
        if name in ("accepted", "waiting"):
            self.running.append(permit)
        return called | asdict(permit) | self._tell(name, permit, number, now), []

    def _tell(self, name: str, permit: Permit, number: int, now: int) -> dict[str, int]:
        live, pending = len(self.pending) + len(self.running), len(self.pending)
        counts = {"live": live, "pending": pending}
        finished_ms = now - number
        match name:
            case "accepted":
                self.state = ceiling.accepted(self.state, self.law, live, pending, now)
            case "refused":
                self.state = ceiling.refused(self.state, self.law, permit, live, now)
            case "failed":
                self.state = ceiling.failed(self.state, self.law, permit, live, pending, now)
            case "waiting":
                self.state = ceiling.waiting(self.state, self.law, permit, now)
            case "ended":
                self.state = ceiling.ended(self.state, self.law, permit, finished_ms, now)
        return counts | {"finished_ms": finished_ms}


@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(law=LAWS, steps=STEPS)
async def test_the_law_in_redis_is_the_pure_one(store: Store, law: Law, steps: list[tuple[str, int, int]]) -> None:
    account, now = Account(law), NOW_MS
    stored = {name: str(value) for name, value in asdict(account.state).items()}
    for name, passed, number in steps:
        now += passed
        account.state = State.from_record(stored, law, now)
        if not (called := account.step(name, number, now)):
            continue
        told, answer = called

        said, flat = await store.connection.client.eval(
            CEILING + ONE_STEP, 0, json.dumps(stored), law.to_json(), json.dumps(told)
        )

        stored = dict(zip(flat[::2], flat[1::2], strict=True))
        assert said == answer, name
        assert stored == {name: str(value) for name, value in asdict(account.state).items()}, name
        assert law.minimum <= account.state.threshold <= law.maximum


@pytest.mark.settings(limit_policy="ceiling", default_threshold=12, max_threshold=12)
async def test_of_what_step_has_stored_the_ceiling_takes_the_threshold_alone(store: Store) -> None:
    client, keys, law = store.connection.client, store.connection.keys, Law.of(store.connection.settings)
    seconds, _ = await client.time()
    hold = {"hold_until_ms": (seconds + 3600) * 1000}
    await client.hset(keys.limit, mapping={"threshold": 4, "quiet_ms": 7, "cut_ms": 7} | hold)

    await enqueue(store)
    assert len(await claim(store)) == 1

    stored = await client.hgetall(keys.limit)
    begun = State.from_record({"threshold": "4"} | {name: str(at) for name, at in hold.items()}, law, NOW_MS)
    unsaid = ("started_ms", "base_ms", "changed_ms")  # the server's time
    assert begun.hold_until_ms == 0
    assert {name: int(stored[name]) for name in asdict(begun) if name not in unsaid} == {
        name: value for name, value in asdict(begun).items() if name not in unsaid
    }


async def test_what_step_has_learnt_is_where_the_ceiling_begins() -> None:
    law = Law(policy="ceiling", default=12, minimum=1, maximum=12, decrease=2, increase=1, interval_ms=1, hold_ms=1)

    begun = State.from_record({"threshold": "4", "quiet_ms": "7"}, law, NOW_MS)

    assert begun == replace(State.start(law, NOW_MS), threshold=4, base=4)


async def test_a_clock_that_was_set_back_stops_nothing_for_as_long() -> None:
    law = Law(policy="ceiling", default=12, minimum=1, maximum=12, decrease=2, increase=1, interval_ms=9, hold_ms=1)
    refused = ceiling.refused(
        State.start(law, NOW_MS), law, Permit(kind=Kind.NORMAL, epoch=0, rank=2, granted_ms=NOW_MS), 1, NOW_MS
    )
    record = {name: str(value) for name, value in asdict(refused).items()}

    an_hour_ago = NOW_MS - 3_600_000
    state = State.from_record(record, law, an_hour_ago)

    assert state.hold_until_ms <= an_hour_ago + ceiling.LONGEST_HOLD_MS
    assert state.refused_ms <= an_hour_ago
