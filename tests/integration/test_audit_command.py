"""`aigcq audit`, as an operator types it."""

from __future__ import annotations

import csv
import getpass
import io
import json

from aigcq.audit import KEY, Actor
from aigcq.cli.audit import COLUMNS
from aigcq.store import Store
from tests.integration.desk import Desk


def test_what_commands_do_is_written_down_with_the_user_who_does_it(desk: Desk) -> None:
    task_id = desk.failed("vendor_rejected")
    desk.run("pause", "--reason", "a leak")
    desk.run("resume")
    desk.run("requeue", task_id)

    rows = [json.loads(line) for line in desk.run("audit", "--json").output.splitlines()]

    assert [(row["did"], row["on"], row["detail"], row["result"]) for row in rows] == [
        ("pause", "", "a leak", "done"),
        ("resume", "", "", "done"),
        ("requeue", task_id, "", "done"),
    ]
    assert {(row["who"], row["name"]) for row in rows} == {("cli", getpass.getuser())}


def test_people_read_a_table(desk: Desk) -> None:
    assert desk.run("audit").output == "Nothing was written down.\n"

    desk.run("pause", "--reason", "a [bold]leak[/bold]\x1b[31m")

    said = desk.run("audit").output
    assert "a [bold]leak[/bold] [31m" in said
    assert "\x1b" not in said


def test_a_spreadsheet_carries_nothing_out(desk: Desk) -> None:
    desk.run("pause", "--reason", "=HYPERLINK(1)")

    (row,) = csv.DictReader(io.StringIO(desk.run("audit", "--csv").output))

    assert tuple(row) == COLUMNS
    assert row["detail"] == "'=HYPERLINK(1)"


def test_all_since_a_moment_or_the_last_so_many_are_shown(desk: Desk) -> None:
    async def write(store: Store) -> int:
        for number in range(600):
            await store.acting(Actor(who=KEY)).audit.note("key create", f"k{number}")
        return (await store.audit.last(1))[0].at_ms

    last_ms = desk.on(write)

    assert len(desk.run("audit", "--json").output.splitlines()) == 50
    assert len(desk.run("audit", "--json", "--limit", "3").output.splitlines()) == 3
    everything = desk.run("audit", "--json", "--since", "2020-01-01T00:00:00Z").output.splitlines()
    assert [json.loads(line)["on"] for line in everything] == [f"k{number}" for number in range(600)]
    assert desk.run("audit", "--since", str(last_ms / 1000 + 60)).output == "Nothing was written down.\n"


def test_what_cannot_be_meant_is_told(desk: Desk) -> None:
    assert desk.run("audit", "--json", "--csv").exit_code == 2
    assert "--since" in str(desk.run("audit", "--since", "yesterday").exception)
