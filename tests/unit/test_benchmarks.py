"""The benches' arithmetic and pictures."""

from __future__ import annotations

import json
import math
from pathlib import Path
from random import Random
from xml.etree import ElementTree

import pytest

from benchmarks import machine, page, prompts, report
from benchmarks.monitor import command_of
from benchmarks.plot import Bars, Lines, svg
from benchmarks.report import Report, Verdict
from benchmarks.rounds import Sample, interleaved, medians, quantile, ratio


@pytest.mark.asyncio
async def test_every_round_takes_each_contestant_once_and_the_first_warms_up() -> None:
    taken: list[str] = []

    def contestant(name: str) -> object:
        async def measure() -> Sample:
            taken.append(name)
            return {"figure": float(len(taken))}

        return measure

    names = ["ours", "ceiling", "peer"]
    samples = await interleaved({name: contestant(name) for name in names}, rounds=5, seed=1)  # type: ignore[misc]

    assert all(sorted(taken[first : first + 3]) == sorted(names) for first in range(0, len(taken), 3))
    assert len({tuple(taken[first : first + 3]) for first in range(0, len(taken), 3)}) > 1
    assert {name: len(found) for name, found in samples.items()} == dict.fromkeys(names, 5)
    assert min(sample["figure"] for found in samples.values() for sample in found) == 4


def test_a_ratio_compares_within_a_round() -> None:
    samples = {"ours": [{"x": 10.0}, {"x": 1.0}, {"x": 10.0}], "other": [{"x": 5.0}, {"x": 0.5}, {"x": 10.0}]}

    assert ratio(samples, "ours", "other", "x") == 2.0
    assert medians(samples) == {"ours": {"x": 10.0}, "other": {"x": 5.0}}


def test_who_did_nothing_at_all_is_no_division_by_zero() -> None:
    assert ratio({"ours": [{"x": 1.0}], "other": [{"x": 0.0}]}, "ours", "other", "x") == math.inf


@pytest.mark.parametrize(("share", "expected"), [(0.5, 50), (0.99, 99), (1.0, 100), (0.0, 1), (0.001, 1)])
def test_a_quantile_is_a_value_that_was_seen(share: float, expected: float) -> None:
    assert quantile([float(value) for value in range(100, 0, -1)], share) == expected


def test_a_quantile_of_nothing_is_no_number() -> None:
    assert math.isnan(quantile([], 0.5))


def test_a_prompt_has_its_length_and_its_seed() -> None:
    assert [len(prompts.prompt(Random(seed)).encode()) for seed in range(50)] == [500] * 50
    assert prompts.identified(Random(3)) == prompts.identified(Random(3))


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('1.5 [0 127.0.0.1:4711] "EVALSHA" "abc" "1" "[\\"x\\"]"\r\n', ["EVALSHA", "abc", "1", '["x"]']),
        ('+1.5 [0 127.0.0.1:4711] "PING"', ["PING"]),
        ('1.5 [0 lua] "HSET" "k"', []),
        ("+OK", []),
    ],
)
def test_a_line_of_monitor_is_a_command_unless_a_script_said_it(line: str, words: list[str]) -> None:
    assert command_of(line) == words


@pytest.mark.parametrize(
    "picture",
    [Bars("ms", {"ours": 1.0, "a < b": 0.0}, 2.0), Lines("queued", "us", [10, 1000], {"create": [1.0, 2.0]})],
)
def test_a_picture_is_well_formed(picture: Bars | Lines) -> None:
    assert ElementTree.fromstring(svg("a & b", picture)).tag.endswith("svg")


def test_a_result_is_written_with_its_machine_and_whether_each_target_was_met(tmp_path: Path) -> None:
    found = Report(
        title="t",
        load="l",
        rows=[{"who": "ours", "ms": math.nan}],
        picture=Bars("ms", {"ours": 1.0}),
        verdicts=[
            Verdict(what="at most", value=9, target=8),
            Verdict(what="at least", value=9, target=8, at_least=True),
        ],
    )

    report.save(found, "bench", tmp_path, "python -m benchmarks.bench", {"cores": 2})

    document = json.loads((tmp_path / "bench.json").read_text())
    assert [target["met"] for target in document["targets"]] == [False, True]
    assert (document["rows"], document["machine"]["cores"]) == ([{"who": "ours", "ms": None}], 2)
    assert (tmp_path / "bench.svg").exists()


def test_the_page_shows_the_results_that_are_there() -> None:
    readme = (page.HERE / "README.md").read_text("utf-8")

    assert page.filled(readme, page.HERE / "results") == readme


def test_a_target_that_was_missed_is_called_so(tmp_path: Path) -> None:
    found = Report(
        title="t",
        load="l",
        rows=[{"who": "ours", "ms": 9.0}],
        picture=Bars("ms", {"ours": 9.0}),
        verdicts=[Verdict(what="late", value=9, target=8, unit="ms")],
        server="Valkey",
    )
    report.save(found, "idle", tmp_path, "python", machine.described("Valkey"))

    text = page.filled(f"# Title\n\n{page.BEGIN}\n\nold\n\n{page.END}\n", tmp_path)

    assert "| late | 9 | ≤ 8 ms | **missed** |" in text
    assert "old" not in text
