"""Each rule of the table is taken out of a copy of the package, and the test that it names fails.

It takes minutes, so that only scripts/full runs it: `pytest tests/rules/taken_out.py`.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rules.table import Rule
from tests.rules.test_rules import ROOT, RULES, name_of

TESTS = sorted({rule.test for rule in RULES})
FAILED = 1
"""What pytest returns if tests ran and failed; a mutant that cannot even be imported is something else."""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A copy of the package and its tests."""
    folder = tmp_path_factory.mktemp("copy")
    for name in ("aigcq", "chaos", "tests", "pyproject.toml"):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    yield folder
    shutil.rmtree(folder)


def _run(copy: Path, *tests: str) -> subprocess.CompletedProcess[str]:
    """Run tests of the copy, on the package of the copy."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "0", "-x", "-p", "no:cacheprovider", "--timeout", "60",
         *(f"tests/{test}" for test in tests)],
        cwd=copy, env={**os.environ, "PYTHONPATH": str(copy)}, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.timeout(900)
def test_with_every_rule_in_place_the_tests_pass(copy: Path) -> None:
    """In the same way of running them: a test that fails for another reason proves nothing."""
    ran = _run(copy, *TESTS)

    assert ran.returncode == 0, ran.stdout


@pytest.mark.timeout(300)
@pytest.mark.parametrize("rule", RULES, ids=name_of)
def test_without_the_rule_its_test_fails(copy: Path, rule: Rule) -> None:
    file = copy / "aigcq" / rule.file
    text = file.read_text("utf-8")
    file.write_text(text.replace(rule.words, rule.instead), "utf-8")
    try:
        ran = _run(copy, rule.test)
    finally:
        file.write_text(text, "utf-8")

    assert ran.returncode == FAILED, ran.stdout
    assert re.search(r"^FAILED tests/", ran.stdout, re.M), ran.stdout
