"""`aigcq keys` and `aigcq tenants`, straight on Redis."""

from __future__ import annotations

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from aigcq.cli import app


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, redis_url: str, request: pytest.FixtureRequest) -> Any:
    """Run a command on a queue of the test's own."""
    monkeypatch.setenv("REDIS_URL", redis_url)
    monkeypatch.setenv("AIGCQ_QUEUE", f"test-{abs(hash(request.node.name))}")

    def call(*words: str, code: int = 0) -> Any:
        done = CliRunner().invoke(app, list(words))
        assert done.exit_code == code, done.output
        return done

    return call


def test_the_first_key_is_made_shown_once_listed_replaced_and_revoked(run: Any) -> None:
    made = run("keys", "create", "--tenant", "red", "--name", "farm", "--expires-in", "90d")
    key = made.stdout.strip()
    key_id = key.split("_")[1]
    assert "It is the first" in made.stderr

    listed = json.loads(run("keys", "list", "--json").stdout)
    assert [(each["id"], each["tenant"], each["scopes"], each["state"]) for each in listed] == [
        (key_id, "red", ["create", "read"], "active")
    ]
    assert key.split("_")[2] not in run("keys", "list").stdout

    new = json.loads(run("keys", "rotate", key_id, "--overlap", "1h", "--json").stdout)
    run("keys", "revoke", key_id)
    assert {each["id"]: each["state"] for each in json.loads(run("keys", "list", "--json").stdout)} == {
        key_id: "revoked",
        new["id"]: "active",
    }


@pytest.mark.parametrize(
    "words",
    [
        ("keys", "create", "--tenant", "Red!"),
        ("keys", "create", "--scope", "root"),
        ("keys", "create", "--expires-in", "soon"),
        ("keys", "rotate", "0123456789ab", "--overlap", "0"),
        ("tenants", "set", "red", "--weight", "0"),
        ("tenants", "set", "red", "--budget-day", "a lot"),
        ("tenants", "set", "red", "--budget-day", "NaN"),
    ],
)
def test_what_cannot_be_is_refused(run: Any, words: tuple[str, ...]) -> None:
    run(*words, code=2)


def test_a_tenant_is_set_field_by_field_and_removed(run: Any) -> None:
    run("tenants", "set", "red", "--weight", "2", "--budget-day", "12.50")
    run("tenants", "set", "red", "--max-live", "3")

    (listed,) = json.loads(run("tenants", "list", "--json").stdout)
    assert listed == {
        "name": "red", "weight": 2.0, "max_live": 3, "backlog_limit": 0, "requests_per_minute": 0,
        "budget_day": 12.5, "budget_month": 0.0,
    }  # fmt: skip
    assert "red" in run("tenants", "list").stdout

    run("tenants", "remove", "red")
    assert json.loads(run("tenants", "list", "--json").stdout) == []
