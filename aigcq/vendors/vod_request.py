"""A request for a video in the vendor's words: the body of CreateAigcVideoTask.

Vendor source: tencentcloud-sdk-python-vod 3.1.194, CreateAigcVideoTaskRequest.
"""

from __future__ import annotations

from typing import Any

from aigcq.request import StoredRequest, VideoRequest

JSON = dict[str, Any]


def create_body(request: VideoRequest, *, sub_app_id: int, session_id: str, session_context: str) -> JSON:
    """Return the parameters of CreateAigcVideoTask; what is not given is left out."""
    return _given(
        SubAppId=sub_app_id,
        ModelName=request.model_name,
        ModelVersion=request.model_version,
        Prompt=request.prompt,
        NegativePrompt=request.negative_prompt,
        EnhancePrompt=request.enhance_prompt,
        FileInfos=_file_infos(request),
        LastFrameUrl=None if request.last_frame_file_id else request.last_frame_url,
        LastFrameFileId=request.last_frame_file_id,
        OutputConfig=_output_config(request),
        SceneType=request.scene_type,
        Seed=request.seed,
        TasksPriority=request.tasks_priority or None,  # 0 is the vendor's own default
        SessionId=session_id,
        SessionContext=session_context,
    )


def _file_infos(request: VideoRequest) -> list[JSON]:
    infos = [_image(image.url, image.file_id, "Reference", image.text) for image in request.reference_images]
    if isinstance(request, StoredRequest) and request.upload_base64:
        infos.insert(0, {"Type": "Base64", "Base64": request.upload_base64, "Category": "Image", "Usage": "FirstFrame"})
    elif request.first_frame_field:
        infos.insert(0, _image(request.image_url, request.file_id, "FirstFrame"))
    return infos


def _image(url: str | None, file_id: str | None, usage: str, name: str | None = None) -> JSON:
    source = {"Type": "File", "FileId": file_id} if file_id else {"Type": "Url", "Url": url}
    return _given(**source, Category="Image", Usage=usage, Text=name)


def _output_config(request: VideoRequest) -> JSON:
    return _given(
        StorageMode="Temporary",
        Duration=request.duration,
        Resolution=request.resolution,
        AspectRatio=request.aspect_ratio,
        AudioGeneration=request.audio_generation,
        PersonGeneration=request.person_generation,
        EnhanceSwitch=request.enhance_switch,
        OffPeak=request.off_peak,
        FrameInterpolate=request.frame_interpolate,
    )


def _given(**fields: Any) -> JSON:
    return {name: value for name, value in fields.items() if value is not None and value not in ("", [])}
