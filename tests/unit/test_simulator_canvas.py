"""Whatever a prompt holds, a picture comes of it, and the text stays inside."""

from __future__ import annotations

from pathlib import Path

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aigcq.simulator.canvas import Canvas, _font, drawable, wrap
from aigcq.simulator.video import Clip, _size, encode

PROMPTS = [
    "",
    "一个小男孩在街上跑步，阳光洒在石板路上。",
    "A robot 🤖👨‍👩‍👧 in the rain",
    "\ud800 half a pair \x00\x07\u200d",
    "x" * 400,
    "مرحبا שלום नमस्ते 하늘",
]


@pytest.mark.parametrize("prompt", PROMPTS)
def test_a_picture_comes_of_every_prompt(prompt: str) -> None:
    canvas = Canvas(prompt, "Hailuo 2.3 · 6 s · 768P", 160, 90)

    assert canvas.frame(0, 72, 12).size == (160, 90)


@given(st.text(max_size=200))
@settings(max_examples=100, deadline=None)
def test_lines_fit_and_lose_no_letters(text: str) -> None:
    font, clean = _font(20), drawable(text)

    lines = wrap(clean, font, 300)

    assert all(font.getlength(line) <= 300 for line in lines)
    assert "".join(lines).replace(" ", "") == clean.replace(" ", "")


def test_lines_break_at_spaces_and_between_chinese_characters_but_not_before_a_full_stop() -> None:
    font = _font(20)

    assert wrap("a quick brown fox jumps", font, 120) == ["a quick", "brown fox", "jumps"]
    assert wrap("一二三四五六七。", font, 145) == ["一二三四五六", "七。"]


def test_every_frame_differs_from_the_one_before() -> None:
    canvas = Canvas("a fox", "", 160, 90)

    frames = [canvas.frame(index, 12, 12).tobytes() for index in range(12)]

    assert len(set(frames)) == 12


SIZES = [
    ("768P", "16:9", (640, 360)),
    ("720P", "9:16", (360, 640)),
    ("1080P", "1:1", (640, 640)),
    ("4K", "21:9", (640, 274)),
    ("1080P", "nonsense", (640, 360)),
]


@pytest.mark.parametrize(("resolution", "ratio", "size"), SIZES)
def test_a_video_keeps_its_shape_and_has_even_sides(resolution: str, ratio: str, size: tuple[int, int]) -> None:
    assert _size(resolution, ratio, 640) == size


def test_a_video_is_not_blown_up() -> None:
    assert _size("540p", "16:9", 4000) == (960, 540)


def test_an_encoded_clip_is_as_long_as_it_says(tmp_path: Path) -> None:
    clip = Clip("a fox", "", 160, 90, 1.5)

    encode(clip, tmp_path / "a.mp4")

    data = (tmp_path / "a.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat"), "it must play while it loads"
    with av.open(str(tmp_path / "a.mp4")) as container:
        stream = container.streams.video[0]
        frames = [frame.format.name for frame in container.decode(stream)]
        seconds = float(container.duration or 0) / av.time_base
    assert frames == ["yuv420p"] * 18 == ["yuv420p"] * clip.frames
    assert (seconds, stream.codec_context.name) == (pytest.approx(1.542, abs=0.001), "h264")
    assert clip.duration == 1.542
