"""Prometheus' own tool: what it says of rules, and what rules do with figures."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
RULES = ROOT / "deploy" / "prometheus" / "alerts.yml"
REQUIRED = bool(os.environ.get("AIGCQ_TEST_PROMTOOL"))
"""Set where CI has installed it: there its tests may not be left out."""

Labels = Mapping[str, str]
Series = Mapping[str, str]
"""Of each series its values, in promtool's words: `1x60` is a 1 that stays for sixty minutes."""


def run(*words: str | Path) -> str:
    """Return what promtool says; the test fails if it finds a fault."""
    if not (found := shutil.which("promtool")):
        message = "promtool is not installed: rules are not tried (apt install prometheus)"
        (pytest.fail if REQUIRED else pytest.skip)(message)
    done = subprocess.run([found, *map(str, words)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def alerts() -> Mapping[str, Any]:
    """Return every alert by its name."""
    groups = yaml.safe_load(RULES.read_text("utf-8"))["groups"]
    return {rule["alert"]: rule for group in groups for rule in group["rules"] if "alert" in rule}


def case(series: Series, fires: Mapping[str, Iterable[Labels]], at: str = "59m") -> dict[str, Any]:
    """Return a case for promtool: with these series these alerts fire, with those labels, and no others."""
    known = alerts()
    return {
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "alert_rule_test": [
            {
                "eval_time": at,
                "alertname": name,
                "exp_alerts": [_expected(rule, labels) for labels in fires.get(name, ())],
            }
            for name, rule in known.items()
        ],
    }


def raises(series: Series, code: str, queue: str, folder: Path) -> None:
    """Let promtool say whether these series raise the alert of a finding, of this queue."""
    name, labels = named(code), {"queue": queue, "code": code}
    whole = case(series, {name: [labels]})
    whole["alert_rule_test"] = [each for each in whole["alert_rule_test"] if each["alertname"] == name]
    try_rules([whole], folder)


def named(code: str) -> str:
    """Return the name of the alert of a finding."""
    return "Aigcq" + code.title().replace("_", "")


def try_rules(cases: Iterable[dict[str, Any]], folder: Path) -> str:
    """Let promtool try the cases."""
    file = folder / "cases.yml"
    file.write_text(json.dumps({"rule_files": [str(RULES)], "tests": [*cases]}))
    return run("test", "rules", file)


def _expected(rule: Mapping[str, Any], labels: Labels) -> dict[str, Any]:
    said = {
        name: re.sub(r"\{\{ \$labels\.(\w+) \}\}", lambda found: labels.get(found[1], ""), text)
        for name, text in rule["annotations"].items()
    }
    return {"exp_labels": {**rule["labels"], **labels}, "exp_annotations": said}
