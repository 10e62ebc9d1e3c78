"""What a video costs, by a price table."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from aigcq import catalogue, prices
from aigcq.errors import ConfigurationError
from aigcq.request import VideoRequest

TABLE = Path(__file__).parents[1] / "prices.yaml"
HEAD = "currency: CNY\ndated: 2026-11-24\nsource: here\n"


def estimate(**asked: object) -> prices.Estimate:
    request = catalogue.load().resolve(VideoRequest.model_validate({"prompt": "a fox"} | asked))
    return prices.load(str(TABLE)).estimate(request)


def test_the_table_of_the_package_invents_no_price() -> None:
    table = prices.load()

    assert not table.known
    assert table.estimate(VideoRequest(model_name="Hailuo", model_version="2.3", duration=6)).amount is None


@pytest.mark.parametrize(
    ("asked", "millionths"),
    [
        ({"model_name": "Hailuo", "duration": 6}, 2_100_000),
        ({"model_name": "hailuo", "duration": 10}, 3_500_000),
        ({"model_name": "Hailuo", "resolution": "1080p"}, 4_200_001),  # 4.2000006: rounded once, up
        ({"model_name": "Kling", "duration": 5}, 5_000_000),
        ({"model_name": "Kling", "duration": 7.5}, 7_500_000),
        ({"model_name": "Kling", "audio_generation": True}, 10_000_000),
        ({"model_name": "Kling", "off_peak": True}, 2_500_000),
        ({"model_name": "Kling", "off_peak": True, "audio_generation": True}, 10_000_000),
        ({"model_name": "Hunyuan"}, 500_000),
    ],
)
def test_a_video_costs_its_seconds_at_the_price_that_fits_best(asked: dict[str, object], millionths: int) -> None:
    assert estimate(**asked).amount == millionths


def test_so_many_seconds_are_billed_at_least() -> None:
    assert prices.cost("0.35", 3, 5) == 1_750_000
    assert estimate(model_name="Hailuo").least_seconds == 5


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"model_name": "Vidu"}, "no price for Vidu q3-turbo 720P"),
        ({"model_name": "GV", "model_version": "omni"}, "billed by tokens"),
        ({"model_name": "Mingmou", "image_url": "https://x/1.jpg"}, "How long a video of Mingmou 1.0"),
        ({"model_name": "Kling", "scene_type": "avatar_i2v"}, "scene avatar_i2v"),
    ],
)
def test_what_nobody_knows_the_price_of_has_none_and_says_why(asked: dict[str, object], reason: str) -> None:
    found = estimate(**asked)

    assert found.amount is None
    assert reason in found.reason


@given(st.decimals("0.000000001", "999", places=9), st.integers(1, 60_000))
def test_nobody_is_ever_told_less_than_is_paid_nor_a_millionth_more(price: Decimal, millis: int) -> None:
    exact = price * 1_000_000 * millis / 1000

    assert 0 <= prices.cost(f"{price:f}", millis / 1000) - exact < 1


@given(st.integers(0, 10**15))
def test_an_amount_that_is_shown_is_read_as_the_same(amount: int) -> None:
    assert prices.millionths(prices.shown(amount)) == amount


@pytest.mark.parametrize(
    ("rows", "wrong"),
    [
        ("rows: [{model: Hailuo, price: 0.35}]", "rows 1 price"),  # YAML's numbers are not exact
        ('rows: [{model: Hailuo, price: "0"}]', "above 0"),
        ('rows: [{model: Hailuo, price: "-1"}]', "rows 1 price"),
        ('rows: [{model: Hailuo, prize: "1"}]', "rows 1 prize"),
        ('rows: [{model: Hailuo, price: "1"}, {model: hailuo, price: "2"}]', "row 2 is of the same as row 1"),
        ("rows: 7", "rows"),
        ("least_seconds: {Hailuo: 0}", "least_seconds Hailuo"),
    ],
)
def test_a_table_that_cannot_be_right_is_refused_with_the_row_at_fault(tmp_path: Path, rows: str, wrong: str) -> None:
    path = tmp_path / "prices.yaml"
    path.write_text(HEAD + rows)

    with pytest.raises(ConfigurationError, match=wrong) as refused:
        prices.load(str(path))

    assert f"AIGCQ_PRICES={path}" in str(refused.value)


@pytest.mark.parametrize("text", [None, "- no\n- table", "{", "\x00"])
def test_what_is_no_table_is_refused_with_a_sentence(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "prices.yaml"
    if text is not None:
        path.write_text(text)

    with pytest.raises(ConfigurationError, match="AIGCQ_PRICES"):
        prices.load(str(path))


def test_every_fact_of_the_package_is_of_a_model_that_there_is() -> None:
    known = {model.name for model in catalogue.load().models}
    versions = {f"{model.name}-{version.version}" for model in catalogue.load().models for version in model.versions}
    table = prices.load()

    assert {*table.least_seconds, *table.assumed_seconds, *table.elsewise} <= known | versions
    with pytest.raises(ValidationError):
        prices.parse("{}")
