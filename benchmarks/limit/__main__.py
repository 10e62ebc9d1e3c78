"""`python -m benchmarks.limit`: every law in every scenario, one table, and a picture of each scenario."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from itertools import product
from pathlib import Path
from typing import Annotated, Final, NamedTuple

import typer
from rich.console import Console
from rich.progress import track

from benchmarks.limit import table
from benchmarks.limit.books import Books
from benchmarks.limit.figures import ORACLE, Comparison
from benchmarks.limit.plot import svg
from benchmarks.limit.run import LAWS, run
from benchmarks.limit.scenarios import ALL

HERE: Final = Path(__file__).parent
PROCESSES: Final = 2
SEEDS: Final = 4
PLOTTED: Final = ("ceiling", "step")
"""The laws of which there is a picture, in the run of the first seed."""


class Case(NamedTuple):
    """One run."""

    law: str
    scenario: str
    seed: int


def main(
    seeds: Annotated[int, typer.Option(help="How many seeds.", min=1)] = SEEDS,
    only: Annotated[str, typer.Option(help="Scenarios, with commas; by default all.")] = ",".join(ALL),
    laws: Annotated[str, typer.Option(help="Laws, with commas; by default all.")] = ",".join(LAWS),
) -> None:
    """Compare laws. A run of everything renews `results.json` and the README's table."""
    scenarios, names = _chosen(only, ALL), _chosen(laws, LAWS)
    names = [ORACLE, *(name for name in names if name != ORACLE)]
    cases = [Case(*each) for each in product(names, scenarios, range(seeds))]
    comparison = Comparison()
    pictured: dict[str, dict[str, Books]] = {name: {} for name in scenarios}
    console = Console(width=None if sys.stdout.isatty() else 160)
    for case, books in track(_runs(cases), f"{len(cases)} runs", len(cases), console=Console(stderr=True)):
        comparison.add(case.law, case.scenario, books)
        if case.law in PLOTTED and case.seed == 0:
            pictured[case.scenario][case.law] = books
    console.print(table.for_terminal(comparison))
    _draw(pictured)
    if (len(scenarios), len(names), seeds) == (len(ALL), len(LAWS), SEEDS):
        _save(comparison)


def _chosen(text: str, known: Mapping[str, object]) -> list[str]:
    names = text.split(",")
    if unknown := set(names) - set(known):
        raise typer.BadParameter(f"{', '.join(sorted(unknown))}: one of {', '.join(known)}")
    return names


def _runs(cases: list[Case]) -> Iterator[tuple[Case, Books]]:
    with ProcessPoolExecutor(PROCESSES) as pool:
        yield from zip(cases, pool.map(_one, cases, chunksize=4), strict=True)


def _one(case: Case) -> Books:
    return run(LAWS[case.law], ALL[case.scenario], case.seed)


def _draw(pictured: dict[str, dict[str, Books]]) -> None:
    folder = HERE / "plots"
    folder.mkdir(exist_ok=True)
    for name, runs in pictured.items():
        if runs:
            (folder / f"{name}.svg").write_text(svg(ALL[name], runs), encoding="utf-8")


def _save(comparison: Comparison) -> None:
    (HERE / "results.json").write_text(json.dumps(comparison.to_json(), indent=1) + "\n", encoding="utf-8")
    readme = HERE / "README.md"
    text = table.put_into(readme.read_text(encoding="utf-8"), table.for_readme(comparison))
    readme.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    typer.run(main)
