"""What Tencent VOD is sent."""

from __future__ import annotations

from typing import Any

import pytest

from aigcq.catalogue import load
from aigcq.clock import SystemClock
from aigcq.errors import (
    ConfigurationError,
)
from aigcq.request import VideoRequest
from aigcq.vendors.tencent_vod import TencentVod
from aigcq.vendors.vod_request import create_body


def body_of(**fields: Any) -> dict[str, Any]:
    request = load().resolve(VideoRequest(**fields))
    return create_body(request, sub_app_id=1500000001, session_id="0af:1", session_context="0af")


def test_the_base_spec_example_in_the_vendors_words() -> None:
    body = body_of(
        prompt="一个小男孩在街上跑步", model_name="Hailuo", model_version="2.3", duration=6, resolution="768P"
    )

    assert body == {
        "SubAppId": 1500000001,
        "ModelName": "Hailuo",
        "ModelVersion": "2.3",
        "Prompt": "一个小男孩在街上跑步",
        "EnhancePrompt": "Enabled",
        "OutputConfig": {
            "StorageMode": "Temporary",
            "Duration": 6,
            "Resolution": "768P",
            "AudioGeneration": "Disabled",
        },
        "SessionId": "0af:1",
        "SessionContext": "0af",
    }


def test_image_to_video_in_the_vendors_words() -> None:
    request = VideoRequest(
        model_name="Kling",
        model_version="2.1",
        image_url="https://example.com/first.png",
        last_frame_url="https://example.com/last.png",
        negative_prompt="blur",
        person_generation="AllowAdult",
        enhance_switch="Disabled",
        off_peak="Enabled",
        seed=0,
        scene_type="motion_control",
        tasks_priority=-3,
        metadata={"ours": "stays here"},
    )

    assert create_body(request, sub_app_id=1, session_id="s", session_context="c") == {
        "SubAppId": 1,
        "ModelName": "Kling",
        "ModelVersion": "2.1",
        "NegativePrompt": "blur",
        "FileInfos": [
            {"Type": "Url", "Url": "https://example.com/first.png", "Category": "Image", "Usage": "FirstFrame"}
        ],
        "LastFrameUrl": "https://example.com/last.png",
        "OutputConfig": {
            "StorageMode": "Temporary",
            "PersonGeneration": "AllowAdult",
            "EnhanceSwitch": "Disabled",
            "OffPeak": "Enabled",
        },
        "SceneType": "motion_control",
        "Seed": 0,
        "TasksPriority": -3,
        "SessionId": "s",
        "SessionContext": "c",
    }


def test_files_of_the_library_and_references_in_the_vendors_words() -> None:
    body = create_body(
        VideoRequest(
            file_id="528",
            last_frame_file_id="529",
            reference_images=[{"url": "https://example.com/a.png", "text": "cat"}, {"file_id": "530"}],  # type: ignore[arg-type]
        ),
        sub_app_id=1,
        session_id="s",
        session_context="c",
    )

    assert body["FileInfos"] == [
        {"Type": "File", "FileId": "528", "Category": "Image", "Usage": "FirstFrame"},
        {"Type": "Url", "Url": "https://example.com/a.png", "Category": "Image", "Usage": "Reference", "Text": "cat"},
        {"Type": "File", "FileId": "530", "Category": "Image", "Usage": "Reference"},
    ]
    assert body["LastFrameFileId"] == "529"
    assert "LastFrameUrl" not in body


@pytest.mark.parametrize(
    "endpoint", ["", "vod", "ftp://vod", "http://", "https://u:p@vod", "http://vod/v2", "http://v?a"]
)
def test_an_endpoint_must_be_an_address_without_a_path(endpoint: str) -> None:
    with pytest.raises(ConfigurationError, match="TENCENTCLOUD_ENDPOINT"):
        TencentVod(secret_id="AKID", secret_key="key", sub_app_id=1, clock=SystemClock(), endpoint=endpoint)


@pytest.mark.parametrize("endpoint", ["https://vod.tencentcloudapi.com", "http://[::1]:80/", "HTTP://sim_1:8090"])
def test_an_endpoint_may_have_a_port(endpoint: str) -> None:
    TencentVod(secret_id="AKID", secret_key="key", sub_app_id=1, clock=SystemClock(), endpoint=endpoint)


def test_a_credential_that_cannot_be_one_is_named_but_not_shown() -> None:
    with pytest.raises(ConfigurationError) as raised:
        TencentVod(secret_id="AKID\n", secret_key="two\nlines", sub_app_id=1, clock=SystemClock())

    assert str(raised.value) == "TENCENTCLOUD_SECRET_KEY must be plain ASCII without spaces."
