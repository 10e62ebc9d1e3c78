"""The response of DescribeTaskDetail, field by field.

Vendor source: cloud.tencent.com/document/api/266/33431 and published raw responses: what was not
sent comes back as "", 0 or [], members of other task types as null.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from aigcq.simulator.task import Fate, Status, Task
from aigcq.simulator.video import Clip, clip_of

NO_TIME: Final = "0000-00-00T00:00:00Z"
FOREVER: Final = "9999-12-31T23:59:59Z"

SIBLINGS: Final = tuple(re.findall(r"\w+", """
    AigcAudioTask AigcHunyuan3DTask AigcImageTask AigcVideoRedrawTask ClipTask CloneVoiceAsyncTask
    ComplexAdaptiveDynamicStreamingTask ComposeMediaTask ConcatTask CreateAigcAdvancedCustomElementTask
    CreateAigcAudioCloneTask CreateAigcCustomVoiceTask CreateAigcMaterialTask CreateAigcSubjectTask
    CreateImageSpriteTask DescribeAigcFaceInfoAsyncTask DescribeFileAttributesTask DesignVoiceAsyncTask EditMediaTask
    ExtractBlindWatermarkTask ExtractCopyRightWatermarkTask ExtractTraceWatermarkTask FastClipMediaTask
    ImportMediaKnowledge ProcedureTask ProcessImageAsyncTask ProcessMediaByMPSTask PullUploadTask QualityEnhanceTask
    QualityInspectTask RebuildMediaTask ReduceMediaBitrateTask RemoveWatermarkTask ReviewAudioVideoTask
    SceneAigcImageTask SceneAigcVideoTask SnapshotByTimeOffsetTask SplitMediaTask TextToSpeechAsyncTask TranscodeTask
    VideoDepthEstimationTask VideoDubbingAsyncTask WechatMiniProgramPublishTask WechatPublishTask
    """))  # fmt: skip
"""The members that are null for an AIGC video."""

_INPUT_TEXTS: Final = (
    "LastFrameFileId", "LastFrameUrl", "Prompt", "NegativePrompt", "EnhancePrompt",
    "GenerationMode", "InputRegion", "SceneType",
)  # fmt: skip
_CONFIG_TEXTS: Final = (
    "MediaName", "Resolution", "AspectRatio", "AudioGeneration", "PersonGeneration", "InputComplianceCheck",
    "OutputComplianceCheck", "EnhanceSwitch", "OffPeak", "FrameInterpolate", "LogoAdd", "EnableBGM",
)  # fmt: skip


def iso(moment: float | None, otherwise: str = "") -> str:
    """Return seconds since 1970 the way the vendor writes them, or `otherwise` if there are none."""
    if moment is None:
        return otherwise
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def path_of(task: Task) -> str:
    """Return the path of the task's video."""
    directory = hashlib.md5(str(task.sub_app_id).encode(), usedforsecurity=False).hexdigest()[:16]
    return f"/{directory}/{task.token}/aigcVideoGenFile.mp4"


def expiry(task: Task, url_ttl_seconds: float) -> float | None:
    """Return when the task's video goes away; None if it never does (Permanent), or is not there yet."""
    permanent = task.output_config.get("StorageMode") == "Permanent"
    return None if permanent or task.finish is None else task.finish + url_ttl_seconds


class Describer:
    """Writes tasks the way the vendor does; knows where the files are and how big they have become."""

    def __init__(
        self, now: float, base_url: str, url_ttl_seconds: float, longest_side: int, made: Mapping[Clip, int]
    ) -> None:
        self._now = now
        self._base_url = base_url
        self._url_ttl_seconds = url_ttl_seconds
        self._longest_side = longest_side
        self._made = made

    def detail(self, task: Task) -> dict[str, Any]:
        """Return the Response of DescribeTaskDetail, without RequestId."""
        return {
            **dict.fromkeys(SIBLINGS),
            "TaskType": "AigcVideoTask",
            "Status": str(task.status(self._now)),
            "CreateTime": iso(task.created),
            "BeginProcessTime": iso(task.begun),
            "FinishTime": iso(task.finish if task.is_over(self._now) else None),
            "AigcVideoTask": self.video_task(task),
        }

    def video_task(self, task: Task) -> dict[str, Any]:
        """Return the member AigcVideoTask, which events carry too."""
        over = task.is_over(self._now)
        end = task.end() if over else Fate(0.0)
        return {
            "TaskId": task.task_id,
            "Status": str(Status.FINISH if over else Status.PROCESSING),
            "ErrCode": end.err_code,
            "ErrCodeExt": end.err_code_ext,
            "Message": end.message,
            "Progress": task.progress(self._now),
            "Input": _input(task),
            "Output": self._output(task),
            "SessionId": task.session_id,
            "SessionContext": task.session_context,
        }

    def _output(self, task: Task) -> dict[str, Any]:
        succeeded = task.outcome(self._now) == "succeeded"
        return {
            "FileInfos": [self._file(task)] if succeeded else [],
            "ProcedureTaskIds": [],
            "Usage": _usage(task, succeeded),
        }

    def _file(self, task: Task) -> dict[str, Any]:
        config = task.output_config
        permanent = config.get("StorageMode") == "Permanent"
        return {
            "StorageMode": config.get("StorageMode") or "Temporary",
            "MediaName": config.get("MediaName") or "",
            "ClassId": config.get("ClassId") or 0,
            "ExpireTime": iso(expiry(task, self._url_ttl_seconds), FOREVER),
            "FileType": "",
            "FileUrl": f"{self._base_url}{path_of(task)}",
            "FileContent": "",
            "FileId": file_id(task) if permanent else "",
            "UsageType": "",
            "MetaData": self._meta_data(clip_of(task, self._longest_side)),
        }

    def _meta_data(self, clip: Clip) -> dict[str, Any]:
        """Describe the file. Size and Bitrate are 0 until somebody has downloaded it, for only then is it encoded."""
        size = self._made.get(clip, 0)
        bitrate = round(size * 8 / clip.duration)
        stream = {
            "Bitrate": bitrate,
            "Height": clip.height,
            "Width": clip.width,
            "Codec": "h264",
            "Fps": clip.fps,
            "CodecTag": "",
            "Codecs": "",
            "DynamicRangeInfo": {"Type": "SDR", "HDRType": ""},
        }
        return {
            "Size": size,
            "Container": "mov,mp4,m4a,3gp,3g2,mj2",
            "Bitrate": bitrate,
            "Height": clip.height,
            "Width": clip.width,
            "Duration": clip.duration,
            "Rotate": 0,
            "VideoStreamSet": [stream],
            "AudioStreamSet": [],
            "VideoDuration": clip.duration,
            "AudioDuration": 0,
            "Md5": "",
        }


def _usage(task: Task, succeeded: bool) -> dict[str, int]:
    """Return AigcVideoTaskUsage, as SDK 3.1.194 has it; what does not concern the model is 0."""
    members = ("InputTokens", "ThoughtTokens", "InputImageCount", "InputSeconds", "OutputSeconds", "TotalSeconds")
    return dict.fromkeys(members, 0) | {"OutputSeconds": math.ceil(task.video_seconds) if succeeded else 0}


def file_id(task: Task) -> str:
    """Return the FileId of a permanently stored video: 19 digits."""
    return str(int(task.token[:15], 16)).rjust(19, "3")


def _input(task: Task) -> dict[str, Any]:
    params = task.params
    return {
        "ModelName": task.model.name,
        "ModelVersion": task.model.version,
        "FileInfos": params.get("FileInfos") or [],
        "SubjectInfos": params.get("SubjectInfos") or [],
        **{name: params.get(name) or "" for name in _INPUT_TEXTS},
        "OutputConfig": _output_config(task),
        "Seed": params.get("Seed") or 0,
        "ExtInfo": params.get("ExtInfo") or "",
    }


def _output_config(task: Task) -> dict[str, Any]:
    config = task.output_config
    return {
        "StorageMode": config.get("StorageMode") or "Temporary",
        "ClassId": config.get("ClassId") or 0,
        "ExpireTime": config.get("ExpireTime") or NO_TIME,
        "Duration": config.get("Duration") or 0,
        **{name: config.get(name) or "" for name in _CONFIG_TEXTS},
    }
