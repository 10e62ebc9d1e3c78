"""What a process exports, read as Prometheus reads it."""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client.parser import text_string_to_metric_families

Figures = Mapping[tuple[str, frozenset[tuple[str, str]]], float]


def read(text: str) -> Figures:
    """Return every sample by its name and labels; a sample that is there twice is none."""
    found: dict[tuple[str, frozenset[tuple[str, str]]], float] = {}
    for family in text_string_to_metric_families(text):
        for each in family.samples:
            key = each.name, frozenset(each.labels.items())
            assert key not in found, key
            found[key] = each.value
    return found


def of(figures: Figures, name: str, **labels: str) -> float:
    """Return the sum of all samples of `aigcq_<name>` that have these labels."""
    wanted = set(labels.items())
    return sum(value for (each, has), value in figures.items() if each == f"aigcq_{name}" and wanted <= has)


def names(figures: Figures) -> set[str]:
    return {name for name, _ in figures}
