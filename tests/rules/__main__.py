"""Print every rule with the test that fails without it."""

from __future__ import annotations

from tests.integration import (
    test_mutations,
    test_mutations_of_accounts,
    test_mutations_of_age,
    test_mutations_of_clients,
    test_mutations_of_limit,
    test_mutations_of_outbox,
    test_mutations_of_scopes,
)
from tests.rules.test_rules import RULES

IN_LUA = [
    *test_mutations.RULES,
    *test_mutations_of_age.RULES,
    *test_mutations_of_clients.RULES,
    *test_mutations_of_limit.RULES,
    *test_mutations_of_accounts.RULES,
    *test_mutations_of_outbox.RULES,
    *test_mutations_of_scopes.RULES,
]

print("| rule | without it fails |\n|---|---|")
for verb, line, instead, sentence in IN_LUA:
    words = f"`{' '.join(line.split())}`" + (f" → `{' '.join(instead.split())}`" if instead else "")
    print(f"| {verb}.lua: {words} | {sentence.__module__.rpartition('.')[2]}::{sentence.__name__} |")
for rule in RULES:
    print(f"| {rule.file}: {rule.sentence} | {rule.test} |")
