"""What the table of rules says is there to be taken out; `taken_out.py` does it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.rules import (
    table,
    table_of_access,
    table_of_looks,
    table_of_places,
    table_of_protection,
    table_of_replicas,
    table_of_storage,
    table_of_webhooks,
)
from tests.rules.table import Rule

ROOT = Path(__file__).parents[2]
TABLES = (
    table,
    table_of_places,
    table_of_looks,
    table_of_replicas,
    table_of_storage,
    table_of_webhooks,
    table_of_access,
    table_of_protection,
)
RULES = [rule for each in TABLES for rule in each.RULES]


def name_of(rule: Rule) -> str:
    return f"{rule.sentence} [{rule.file}]"


@pytest.mark.parametrize("rule", RULES, ids=name_of)
def test_the_rule_is_where_the_table_says_and_its_test_exists(rule: Rule) -> None:
    file, _, test = rule.test.partition("::")

    assert (ROOT / "aigcq" / rule.file).read_text("utf-8").count(rule.words) == 1
    assert re.search(rf"^(async )?def {test}\(", (ROOT / "tests" / file).read_text("utf-8"), re.M)
