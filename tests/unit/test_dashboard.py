"""The dashboard asks for what there is, in words that Prometheus reads, and shows it without overlaps."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from aigcq.exporter import reference, sample_names
from tests import promtool

DASHBOARD: dict[str, Any] = json.loads((promtool.ROOT / "deploy" / "grafana" / "aigcq.json").read_text("utf-8"))
OF_A_QUERY = {"le", "job", "instance"}
"""Labels that Prometheus itself adds, or that belong to a kind of metric."""


def expressions() -> Iterator[str]:
    for panel in DASHBOARD["panels"]:
        yield from (target["expr"] for target in panel.get("targets", ()))
    yield from (each["expr"] for each in DASHBOARD["annotations"]["list"])


def test_every_expression_is_one(tmp_path: Path) -> None:
    filled = [each.replace("$__rate_interval", "5m").replace("$queue", ".*") for each in expressions()]
    rules = [{"record": f"panel:{number}", "expr": each} for number, each in enumerate(filled)]
    file = tmp_path / "rules.yml"
    file.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))

    assert f"{len(rules)} rules found" in promtool.run("check", "rules", file)


def test_whatever_is_exported_of_a_queue_is_shown_and_whatever_is_shown_is_exported() -> None:
    asked = set(re.findall(r"\baigcq_\w+", " ".join(expressions())))
    of_queues = {each.name for each in reference() if "queue" in each.labels}

    assert asked <= sample_names()
    assert of_queues - asked <= {"aigcq_stream_length", "aigcq_pending", "aigcq_paused", "aigcq_oldest_overdue_seconds",
                                 "aigcq_outbox_overdue_seconds"}  # fmt: skip


def test_labels_are_those_of_the_metric() -> None:
    known = {each.name.removesuffix("_total"): {*each.labels} for each in reference()}
    for each in expressions():
        labels = {label for group in re.findall(r"by \(([^)]*)\)", each) for label in re.split(r",\s*", group)}
        labels |= set(re.findall(r"[{,]\s*(\w+)\s*(?:=|!)", each))
        metrics = [re.sub(r"_(total|bucket|count|sum)$", "", name) for name in re.findall(r"\baigcq_\w+", each)]

        assert labels <= OF_A_QUERY.union(*(known[name] for name in metrics)), each


def test_panels_do_not_overlap_and_have_names_of_their_own() -> None:
    panels = DASHBOARD["panels"]
    cells = [
        (x, y)
        for at in (panel["gridPos"] for panel in panels)
        for x in range(at["x"], at["x"] + at["w"])
        for y in range(at["y"], at["y"] + at["h"])
    ]

    assert len(set(cells)) == len(cells)
    assert all(x < 24 for x, _ in cells)
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert len({panel["title"] for panel in panels}) == len(panels)
