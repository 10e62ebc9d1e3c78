"""What an operator does where there are several accounts: what is done in one account names it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.conftest import forget
from tests.integration.desk import Desk


@pytest.fixture
def desks(redis_url, settings, monkeypatch):
    """Two accounts, and a desk at each."""
    names = [f"{settings.queue}-a", f"{settings.queue}-b"]
    entries = [{"name": name, "secret_id": "AKID", "secret_key": "key"} for name in names]
    Path("accounts.yaml").write_text(yaml.safe_dump({"accounts": entries}))
    monkeypatch.setenv("AIGCQ_ACCOUNTS", "accounts.yaml")
    both = [Desk(redis_url, settings.model_copy(update={"queue": name})) for name in names]
    yield both, names
    for each in both:
        each.on(forget)


def test_one_account_is_paused_or_all_of_them(desks):
    (a, b), (first, _) = desks

    assert a.run("pause", "--reason", "why", "--account", first, "--move").exit_code == 0
    seen = [desk.on(lambda store: store.control.overview()) for desk in (a, b)]
    assert [(each.paused, each.moves_away) for each in seen] == [("why", True), ("", False)]
    assert a.run("pause", "--reason", "all").exit_code == 0
    assert "Resumed" in a.run("resume").output
    assert [desk.on(lambda store: store.control.overview()).paused for desk in (a, b)] == ["", ""]


@pytest.mark.parametrize("command", ["dead", "limit"])
def test_a_list_of_one_account_asks_which(desks, command):
    (a, _), (first, second) = desks

    refused = a.run(command)

    assert f"name one of {first}, {second} with --account" in str(refused.exception)
    assert a.run(command, "--account", second).exit_code == 0


def test_a_failed_task_is_requeued_in_its_account(desks):
    (_, b), _ = desks
    task_id = b.failed("vendor_rejected")

    assert b.run("requeue", task_id).exit_code == 0

    assert b.status(task_id) == ("queued", 2)
