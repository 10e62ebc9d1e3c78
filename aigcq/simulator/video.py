"""The videos: real MP4 files that play everywhere, made when somebody first asks for one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

import av

from aigcq.simulator.canvas import Canvas
from aigcq.simulator.task import Task

FPS: Final = 12
_TICKS: Final = 24
"""Of the time base, per second: twice the frame rate, so that half a frame can be told."""
_SHORT_SIDES: Final = {"540P": 540, "720P": 720, "768P": 768, "1080P": 1080, "2K": 1440, "4K": 2160}
_WIDEST: Final = 21 / 9
_DRAWN_CHARACTERS: Final = 400
"""Of a prompt; more would not fit, and a prompt may be megabytes."""


@dataclass(frozen=True, slots=True)
class Clip:
    """Everything that a video's bytes depend on; equal clips are the same file."""

    prompt: str
    caption: str
    width: int
    height: int
    seconds: float
    fps: int = FPS

    @property
    def frames(self) -> int:
        """How many frames it has."""
        return max(1, round(self.seconds * self.fps))

    @property
    def duration(self) -> float:
        """Its length in seconds: half a frame more than asked for, as the vendor's are 0.042 s longer."""
        return round((2 * self.frames + 1) / _TICKS, 3)


def clip_of(task: Task, longest_side: int) -> Clip:
    """Return the clip that `task` makes, scaled down to `longest_side` pixels."""
    resolution = task.output_config.get("Resolution") or task.model.resolutions[0]
    width, height = _size(resolution, task.output_config.get("AspectRatio") or "16:9", longest_side)
    caption = f"{task.model.name} {task.model.version} · {task.video_seconds:g} s · {resolution}"
    prompt = (task.params.get("Prompt") or "")[:_DRAWN_CHARACTERS]
    return Clip(prompt, caption, width, height, task.video_seconds)


def _size(resolution: str, aspect_ratio: str, longest_side: int) -> tuple[int, int]:
    """Return width and height in pixels, both even, as H.264 wants them."""
    short = _SHORT_SIDES.get(resolution.upper(), 720)
    across, _, down = aspect_ratio.partition(":")
    try:
        ratio = min(max(float(across) / float(down), 1 / _WIDEST), _WIDEST)
    except (ValueError, ZeroDivisionError):
        ratio = 16 / 9  # a model that ignores AspectRatio lets any text through
    width, height = (short * ratio, float(short)) if ratio >= 1 else (float(short), short / ratio)
    scale = min(1.0, longest_side / max(width, height))
    return 2 * round(width * scale / 2), 2 * round(height * scale / 2)


def encode(clip: Clip, path: Path) -> None:
    """Write the clip to `path`: H.264, yuv420p, index first so that it plays while it loads."""
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("libx264", rate=clip.fps, options={"preset": "veryfast", "crf": "23"})
        stream.width, stream.height, stream.pix_fmt = clip.width, clip.height, "yuv420p"
        stream.codec_context.time_base = stream.time_base = Fraction(1, _TICKS)
        stream.codec_context.gop_size = clip.fps
        stream.codec_context.max_b_frames = 0  # else the last packet is not the last frame, and its length is lost
        packets: list[av.Packet[av.VideoStream]] = []
        for frame in _frames(clip):
            packets += stream.encode(frame)
        packets += stream.encode(None)
        for packet in packets:
            packet.duration = _TICKS // clip.fps + (packet is packets[-1])
            container.mux(packet)


def _frames(clip: Clip) -> Iterator[av.VideoFrame]:
    canvas = Canvas(clip.prompt, clip.caption, clip.width, clip.height)
    for index in range(clip.frames):
        image = canvas.frame(index, clip.frames, clip.fps)
        frame = av.VideoFrame.from_image(image)  # type: ignore[no-untyped-call]  # av's stub forgets the types
        frame.pts = index * (_TICKS // clip.fps)
        frame.time_base = Fraction(1, _TICKS)
        yield frame
