"""The names in Redis: one hash tag for a queue, and nothing of a client's text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigcq.store.keys import Keys

KEYS = Keys("default")
NAMES = [name for name, value in vars(Keys).items() if isinstance(value, property)]


def tag(key: str) -> str:
    """Return what a Redis Cluster hashes of a key."""
    start = key.index("{")
    return key[start + 1 : key.index("}", start)]


@pytest.mark.parametrize("name", NAMES)
def test_every_key_of_a_queue_is_in_one_slot(name):
    assert tag(getattr(KEYS, name)) == "default"


@given(text=st.text(), tenant=st.text())
def test_no_client_s_text_moves_a_key_to_another_slot(text, tenant):
    for key in (KEYS.idempotency(tenant, "create", text), KEYS.task(text), KEYS.request(text), KEYS.result(text)):
        assert tag(key) == "default"
        assert key.startswith("aigcq:{default}:")


def test_all_keys_differ():
    names = {getattr(KEYS, name) for name in NAMES}
    made = {
        KEYS.task("a"),
        KEYS.request("a"),
        KEYS.result("a"),
        KEYS.idempotency("", "create", "a"),
        KEYS.rate("create"),
    }

    assert len(names | made) == len(NAMES) + 5


def test_an_idempotency_key_is_the_client_s_own():
    assert KEYS.idempotency("a", "create", "k") != KEYS.idempotency("b", "create", "k")
    assert KEYS.idempotency("a", "create", "k") != KEYS.idempotency("a", "create", "l")


def test_the_keys_of_a_task_begin_with_its_prefix():
    assert KEYS.task("a") == KEYS.task_prefix + "a"
    assert KEYS.request("a") == KEYS.task("a") + ":request"
    assert KEYS.result("a") == KEYS.task("a") + ":result"
