"""Faults strike as often as they should, the same way for the same seed, and only under known names."""

from __future__ import annotations

import pytest

from aigcq.simulator.faults import KNOWN, Dice, async_failure
from aigcq.simulator.settings import SettingsError, SimulatorSettings

CREATE = "CreateAigcVideoTask"
READ = "DescribeTaskDetail"


def rolls(dice: Dice, faults: dict[str, float], times: int = 200, polls: int = 0) -> list[frozenset[str]]:
    """What strikes so many creates, with `polls` of other requests before each."""
    struck = []
    for _ in range(times):
        for _ in range(polls):
            dice.roll(READ, faults)
        struck.append(dice.roll(CREATE, faults))
    return struck


def test_a_seed_repeats_its_faults_however_often_somebody_polls() -> None:
    faults = {"reply_lost": 0.3, "describe_slow": 0.5}

    first = rolls(Dice(seed=1), faults)

    assert rolls(Dice(seed=1), faults, polls=3) == first
    assert rolls(Dice(seed=2), faults) != first


def test_another_faults_probability_changes_nothing_for_the_first() -> None:
    alone = rolls(Dice(seed=1), {"reply_lost": 0.3})

    together = rolls(Dice(seed=1), {"slow": 0.9, "reply_lost": 0.3})

    assert ["reply_lost" in struck for struck in together] == ["reply_lost" in struck for struck in alone]


def test_a_fault_strikes_as_often_as_its_probability_says() -> None:
    struck = rolls(Dice(seed=1), {"reply_lost": 0.3, "request_lost": 0.0, "slow": 1.0}, times=2000)

    assert sum("reply_lost" in each for each in struck) == pytest.approx(600, abs=80)
    assert all("slow" in each and "request_lost" not in each for each in struck)


def test_describe_faults_strike_reads_and_the_others_creates() -> None:
    certain = dict.fromkeys(("bad_gateway", "describe_hang", "auth_failure", "async_fail:TaskTimeout"), 1.0)

    assert Dice(0).roll(CREATE, certain) == {"bad_gateway", "auth_failure", "async_fail:TaskTimeout"}
    assert Dice(0).roll(READ, certain) == {"hang", "auth_failure"}
    assert Dice(0).roll("DescribeTasks", certain) == {"hang", "auth_failure"}
    assert Dice(0).roll("ManageTask", certain) == {"auth_failure"}


def test_an_async_failure_names_the_code_it_ends_with() -> None:
    assert (
        async_failure(frozenset({"slow", "async_fail:InvalidParameter.MediaFormat"})) == "InvalidParameter.MediaFormat"
    )
    assert async_failure(frozenset({"slow"})) is None


def test_faults_are_read_from_one_line() -> None:
    faults = SimulatorSettings.parse_faults("reply_lost=0.1, slow=1,async_fail:InternalError=0.02,")

    assert faults == {"reply_lost": 0.1, "slow": 1.0, "async_fail:InternalError": 0.02}


@pytest.mark.parametrize("text", ["reply_lots=0.1", "async_fail:=0.1", "reply_lost=2", "reply_lost=nan", "reply_lost"])
def test_a_line_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(SettingsError) as refused:
        SimulatorSettings.parse_faults(text)

    assert list(refused.value.problems) == ["faults"]


def test_an_unknown_fault_is_refused_with_the_list_of_the_known_ones() -> None:
    with pytest.raises(SettingsError) as refused:
        SimulatorSettings(faults={"reply_lots": 0.1})

    message = refused.value.problems["faults"]
    assert "reply_lots" in message
    assert all(name in message for name in (*KNOWN, "async_fail:<ErrCodeExt>"))


BAD = {
    "concurrency": [0, 1.5, True, "2", None],
    "concurrency_per_model": [{"Klong": 1}, {"Kling": 0}, 3],
    "overflow": ["reject", None],
    "speed": [0, -1, "2", float("nan"), float("inf")],
    "latency": [[2, 1], [1], 3, [-1, 1]],
    "create_rate": [0],
    "describe_rate": [0],
    "faults": [{"slow": 1.1}, {"slow": "1"}, []],
    "secret_id": ["", 1],
    "credentials": [{"": "x"}, {"x": ""}],
    "refused_burns_session": ["yes", 1],
    "dedup_seconds": [-1],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in BAD.items() for value in values])
def test_a_bad_setting_is_refused_by_its_name(name: str, value: object) -> None:
    with pytest.raises(SettingsError) as refused:
        SimulatorSettings().changed({name: value})

    assert list(refused.value.problems) == [name]


def test_every_bad_setting_is_named_at_once_and_unknown_ones_too() -> None:
    with pytest.raises(SettingsError) as bad:
        SimulatorSettings().changed({"speed": 0, "concurrency": 0})
    with pytest.raises(SettingsError) as unknown:
        SimulatorSettings().changed({"concurency": 1})

    assert set(bad.value.problems) == {"speed", "concurrency"}
    assert "concurrency" in unknown.value.problems["concurency"]


def test_settings_are_shown_and_printed_without_keys() -> None:
    settings = SimulatorSettings(credentials={"AKIDother": "another-secret"})

    shown = f"{settings!r} {settings.as_json()}"

    assert "simulator-secret" not in shown
    assert "another-secret" not in shown
    assert settings.keys == {"AKIDsimulator": "simulator-secret", "AKIDother": "another-secret"}
