"""What a model cannot do is accepted and fails; what the API does not have is refused."""

from __future__ import annotations

from typing import Any

import pytest

from aigcq.simulator import schema
from aigcq.simulator.capabilities import table, why_not
from aigcq.simulator.fate import Oracle
from aigcq.simulator.refusal import Refusal
from aigcq.simulator.settings import SimulatorSettings
from aigcq.simulator.task import Fate

REQUEST = {"SubAppId": 1, "ModelName": "Hailuo", "ModelVersion": "2.3", "Prompt": "a fox"}
IMAGE = {"Type": "Url", "Url": "https://example.com/a.png"}
REFERENCE = {**IMAGE, "Usage": "Reference"}


def fate(model: str, injected: str | None = None, **params: Any) -> Fate:
    name, _, version = model.partition(" ")
    return Oracle(SimulatorSettings(), 0).fate(table().models[name, version], {"Prompt": "a fox"} | params, injected)


CANNOT = [
    ("Hailuo 2.3-fast", {}),  # makes no video from text
    ("Hailuo 2.3", {"OutputConfig": {"Duration": 7}}),
    ("Hailuo 2.3", {"OutputConfig": {"Resolution": "720P"}}),
    ("Hailuo 2.3", {"OutputConfig": {"Resolution": "1080P", "Duration": 10}}),
    ("Hailuo 2.3", {"FileInfos": [REFERENCE]}),
    ("Hailuo H3", {"OutputConfig": {"Duration": 4.5}}),
    ("Hailuo H3", {"FileInfos": [IMAGE, REFERENCE]}),
    ("Hailuo H3", {"Prompt": "a" * 7001}),
    ("Kling 3.0", {"OutputConfig": {"AspectRatio": "4:3"}}),
    ("Kling 3.0", {"LastFrameUrl": "https://example.com/b.png"}),  # without a first frame
    ("PixVerse v5.6", {"OutputConfig": {"Resolution": "1080p", "Duration": 10}}),
    ("GV 3.1", {"FileInfos": [REFERENCE] * 4}),
    ("Vidu q3-mix", {}),
    ("Vidu q2", {"FileInfos": [IMAGE]}),
    ("Vidu q2", {"Prompt": "字" * 5001}),
    ("OS 2.0", {"FileInfos": [{"Type": "Url", "Url": "ftp://example.com/a.png"}]}),
]


@pytest.mark.parametrize(("model", "params"), CANNOT)
def test_a_capability_mistake_fails_after_four_to_eight_seconds(model: str, params: dict[str, Any]) -> None:
    end = fate(model, **params)

    assert (end.err_code, end.err_code_ext) == (70000, "InternalError")
    assert 4 <= end.seconds <= 8


CAN = [
    # Hailuo ignores the ratio and the sound that existing callers send to it
    ("Hailuo 2.3", {"OutputConfig": {"AspectRatio": "16:9", "AudioGeneration": "Enabled", "Duration": 6}}),
    ("Hailuo 2.3-fast", {"FileInfos": [IMAGE]}),
    ("Hailuo H3", {"FileInfos": [REFERENCE] * 12}),
    ("Kling 3.0", {"FileInfos": [IMAGE], "LastFrameUrl": "https://example.com/b.png"}),
    ("Vidu q3-mix", {"FileInfos": [{**IMAGE, "ObjectId": "cat"}]}),
    ("PixVerse v6", {"OutputConfig": {"Resolution": "540p", "AspectRatio": "2:3", "Duration": 15}}),
]


@pytest.mark.parametrize(("model", "params"), CAN)
def test_what_a_model_can_do_succeeds(model: str, params: dict[str, Any]) -> None:
    assert fate(model, **params).err_code == 0


def test_every_model_makes_a_video_of_its_own_default() -> None:
    start = {"Prompt": "a fox", "FileInfos": [IMAGE]}
    reference = {"Prompt": "a fox", "FileInfos": [REFERENCE]}

    for model in table().models.values():
        assert None in [why_not(model, params) for params in ({"Prompt": "a fox"}, start, reference)], model


@pytest.mark.parametrize(("prompt", "ext"), [("a nude fox", True), ("裸体雕像", True), ("a denuded hill", False)])
def test_a_forbidden_word_fails_with_the_vendors_misspelt_code(prompt: str, ext: bool) -> None:
    code = fate("Hailuo 2.3", Prompt=prompt).err_code_ext

    assert code == ("InvalidParameter.VoilationContent" if ext else "")


def test_an_injected_failure_comes_before_any_other() -> None:
    end = fate("Hailuo 2.3", injected="TaskTimeout", Prompt="a nude fox")

    assert (end.err_code_ext, end.message) == ("TaskTimeout", "task time out.")


def refused(action: str = "CreateAigcVideoTask", without: str = "", **params: Any) -> tuple[str, str]:
    request = (REQUEST if action == "CreateAigcVideoTask" else {}) | params
    request.pop(without, None)
    with pytest.raises(Refusal) as refusal:
        schema.check(action, request)
    return refusal.value.code, refusal.value.message


UNKNOWN = [
    ({"Promt": "x"}, "Promt"),
    ({"OutputConfig": {"Width": 1}}, "OutputConfig.Width"),
    ({"FileInfos": [IMAGE, {"Urls": "x"}]}, "FileInfos.1.Urls"),
    ({"SubjectInfos": [{"Url": "x"}]}, "SubjectInfos.0.Url"),
]


@pytest.mark.parametrize(("params", "path"), UNKNOWN)
def test_an_unknown_field_is_refused_by_its_path_at_every_level(params: dict[str, Any], path: str) -> None:
    code, message = refused(**params)

    assert code == "UnknownParameter"
    assert f"`{path}`" in message


WRONG = [
    ({"SubAppId": "1"}, "SubAppId"),
    ({"SubAppId": -1}, "SubAppId"),
    ({"SubAppId": True}, "SubAppId"),
    ({"Prompt": 5}, "Prompt"),
    ({"Seed": 1.5}, "Seed"),
    ({"TasksPriority": "high"}, "TasksPriority"),
    ({"OutputConfig": []}, "OutputConfig"),
    ({"OutputConfig": {"Duration": "6"}}, "OutputConfig.Duration"),
    ({"FileInfos": {}}, "FileInfos"),
    ({"FileInfos": ["x"]}, "FileInfos.0"),
    ({"SubjectInfos": [{"ImageUrls": [1]}]}, "SubjectInfos.0.ImageUrls.0"),
]


@pytest.mark.parametrize(("params", "path"), WRONG)
def test_a_wrong_type_is_refused_with_the_vendors_words(params: dict[str, Any], path: str) -> None:
    assert refused(**params) == ("InvalidParameter", f"The value type of parameter `{path}` is not valid.")


@pytest.mark.parametrize("name", ["SubAppId", "ModelName", "ModelVersion"])
def test_a_required_field_is_missed(name: str) -> None:
    code, message = refused(without=name)

    assert (code, message) == ("MissingParameter", f"The request is missing a required parameter `{name}`.")


TOO_MUCH = [
    ({"SessionId": "x" * 51}, "InvalidParameterValue.SessionIdTooLong"),
    ({"SessionContext": "字" * 1001}, "InvalidParameterValue.SessionContextTooLong"),
    ({"TasksPriority": 11}, "InvalidParameterValue"),
    ({"OutputConfig": {"MediaName": "x" * 65}}, "InvalidParameterValue"),
    ({"Prompt": ""}, "InvalidParameter"),
]


@pytest.mark.parametrize(("params", "code"), TOO_MUCH)
def test_what_is_too_long_or_out_of_range_is_refused(params: dict[str, Any], code: str) -> None:
    assert refused(**params)[0] == code


def test_the_limits_themselves_are_allowed_and_a_null_is_not_sent() -> None:
    request = REQUEST | {
        "SessionId": "x" * 50,
        "SessionContext": "字" * 1000,
        "TasksPriority": "-10",
        "OutputConfig": {"Duration": 6, "ClassId": None},
        "ExtInfo": None,
    }

    assert schema.check("CreateAigcVideoTask", request) == request


def test_the_other_actions_have_fields_of_their_own() -> None:
    assert refused("DescribeTaskDetail")[0] == "MissingParameter"
    assert refused("DescribeTaskDetail", TaskId="t", SessionId="x")[0] == "UnknownParameter"
    assert refused("DescribeTasks", CreateTime={"From": "x"})[0] == "UnknownParameter"
    assert refused("ConfirmEvents", EventHandles="x")[0] == "InvalidParameter"
