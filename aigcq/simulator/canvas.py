"""What the videos show: soft moving colours, the prompt, the model, and a clock that runs."""

from __future__ import annotations

import colorsys
import functools
import hashlib
import math
import unicodedata
from bisect import bisect_right
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFilter, ImageFont

_WHITE: Final = (255, 255, 255, 255)
_SOFT_WHITE: Final = (255, 255, 255, 190)
_GRID: Final = 24
"""Longest side of the background before it is blown up: so small that Python can colour each point."""
_LINE_HEIGHT: Final = 1.4
_FONT: Final = Path(__file__).with_name("fonts") / "wqy-microhei-subset.ttf"


@functools.lru_cache(maxsize=32)
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(_FONT), size, layout_engine=ImageFont.Layout.BASIC)


class Canvas:
    """Draws the frames of one video. Everything that stands still is drawn once."""

    def __init__(self, prompt: str, caption: str, width: int, height: int) -> None:
        self._width, self._height = width, height
        self._unit = min(width, height) / 100
        self._hue = hashlib.sha256(prompt.encode("utf-8", "replace")).digest()[0] / 256
        self._still = self._draw_still(drawable(prompt), drawable(caption))

    def frame(self, index: int, frames: int, fps: int) -> Image.Image:
        """Return frame `index` (from 0) of `frames`, as RGB."""
        image = self._background(index / fps)
        image.paste(self._still, (0, 0), self._still)
        self._draw_progress(ImageDraw.Draw(image, "RGBA"), index, frames, fps)
        return image

    def _background(self, seconds: float) -> Image.Image:
        """Return three soft lights wandering over a dark ground."""
        scale = _GRID / max(self._width, self._height)
        columns, rows = max(2, round(self._width * scale)), max(2, round(self._height * scale))
        lights = [self._light(number, seconds) for number in range(3)]
        points = [
            _blend(lights, column / (columns - 1), row / (rows - 1)) for row in range(rows) for column in range(columns)
        ]
        small = Image.new("RGB", (columns, rows))
        small.putdata(points)
        return small.resize((self._width, self._height), Image.Resampling.BICUBIC)

    def _light(self, number: int, seconds: float) -> tuple[float, float, tuple[float, float, float]]:
        """Return where a light is (0 to 1) and its colour (0 to 255)."""
        phase = number * 2.1 + self._hue * 6
        x = 0.5 + 0.42 * math.cos(0.9 * seconds + phase)
        y = 0.5 + 0.42 * math.sin(0.7 * seconds + 1.7 * phase)
        red, green, blue = colorsys.hsv_to_rgb((self._hue + 0.11 * number) % 1, 0.72, 0.95)
        return x, y, (red * 255, green * 255, blue * 255)

    def _draw_still(self, prompt: str, caption: str) -> Image.Image:
        """Return the writing that stays, on a transparent ground."""
        layer = Image.new("RGBA", (self._width, self._height))
        self._draw_prompt(layer, prompt)
        draw = ImageDraw.Draw(layer)
        margin, size = round(5 * self._unit), self._text_size(4.6)
        draw.text((margin, margin), caption, font=_font(size), fill=_WHITE)
        note = "aigcq simulator · 模拟视频"
        if _font(size).getlength(caption + note) < self._width - 3 * margin:
            draw.text((self._width - margin, margin), note, font=_font(size), fill=_SOFT_WHITE, anchor="ra")
        return layer

    def _draw_prompt(self, layer: Image.Image, prompt: str) -> None:
        """Draw the prompt in the middle, as big as it fits, on a soft shadow."""
        lines, font = self._fit(prompt)
        text, centre = "\n".join(lines), (self._width / 2, self._height / 2)
        shadow = Image.new("RGBA", layer.size)
        write = functools.partial(
            ImageDraw.ImageDraw.multiline_text,
            xy=centre, text=text, font=font, anchor="mm", align="center", spacing=font.size * (_LINE_HEIGHT - 1),
        )  # fmt: skip
        write(ImageDraw.Draw(shadow), fill=(0, 0, 0, 200))
        layer.alpha_composite(shadow.filter(ImageFilter.GaussianBlur(1.6 * self._unit)))
        write(ImageDraw.Draw(layer), fill=_WHITE)

    def _fit(self, prompt: str) -> tuple[list[str], ImageFont.FreeTypeFont]:
        """Return the prompt's lines and the biggest font of four in which they fit; the rest is cut off."""
        room = 0.86 * self._width
        for size in (11.0, 8.5, 6.5, 5.2):
            font = _font(self._text_size(size))
            lines, most = wrap(prompt, font, room), int(0.55 * self._height / (font.size * _LINE_HEIGHT))
            if len(lines) <= most:
                return lines, font
        return [*lines[: most - 1], lines[most - 1][:-1] + "…"], font

    def _draw_progress(self, draw: ImageDraw.ImageDraw, index: int, frames: int, fps: int) -> None:
        left, right = 5 * self._unit, self._width - 5 * self._unit
        bottom, thick = self._height - 6 * self._unit, max(3.0, 1.2 * self._unit)
        done = left + (right - left) * (index + 1) / frames
        draw.rounded_rectangle((left, bottom, right, bottom + thick), thick / 2, fill=(255, 255, 255, 70))
        draw.rounded_rectangle((left, bottom, max(done, left + thick), bottom + thick), thick / 2, fill=_WHITE)
        font, above = _font(self._text_size(4.2)), bottom - 2.2 * self._unit
        draw.text((left, above), f"{(index + 1) / fps:.1f} / {frames / fps:.1f} s", font=font, fill=_WHITE, anchor="ls")
        draw.text((right, above), f"{index + 1} / {frames}", font=font, fill=_SOFT_WHITE, anchor="rs")

    def _text_size(self, hundredths: float) -> int:
        """Return a font size in pixels, from hundredths of the short side."""
        return max(9, round(hundredths * self._unit))


def _blend(lights: list[tuple[float, float, tuple[float, float, float]]], x: float, y: float) -> tuple[int, int, int]:
    """Return the colour at a point (0 to 1): the lights fall off as a bell does."""
    strengths = [math.exp(-7 * ((x - light_x) ** 2 + (y - light_y) ** 2)) for light_x, light_y, _ in lights]
    channels = (
        24 + sum(strength * colour[channel] for strength, (_, _, colour) in zip(strengths, lights, strict=True)) * 0.62
        for channel in range(3)
    )
    red, green, blue = (min(235, int(value)) for value in channels)
    return red, green, blue


def drawable(text: str) -> str:
    """Return `text` without what no font can draw: controls, joiners, variation selectors, lone surrogates."""
    kept = (" " if character.isspace() else character for character in unicodedata.normalize("NFC", text))
    return "".join(each for each in kept if unicodedata.category(each) not in ("Cc", "Cf", "Cs", "Mn", "Me", "Sk"))


def wrap(text: str, font: ImageFont.FreeTypeFont, room: float) -> list[str]:
    """Break `text` into lines of at most `room` pixels: at spaces, or between any two Chinese characters."""
    lines, line = [], ""
    for word in _words(text):
        if line and font.getlength(line + word.rstrip()) > room:
            lines.append(line.rstrip())
            line = ""
        line += word.lstrip() if not line else word
        while font.getlength(line.rstrip()) > room and len(line) > 1:
            fits = max(1, bisect_right(range(1, len(line)), room, key=lambda count: font.getlength(line[:count])))
            lines.append(line[:fits])
            line = line[fits:]
    return [*lines, line.rstrip()] if line.strip() else lines


def _words(text: str) -> list[str]:
    """Split into pieces that must stay together; a space, or a closing mark, stays with what it follows."""
    pieces: list[str] = []
    for character in text:
        wide = unicodedata.east_asian_width(character) in "WF"
        closing = character == " " or unicodedata.category(character) in ("Pe", "Pf", "Po")
        apart = not pieces or pieces[-1].endswith(" ") or wide or unicodedata.east_asian_width(pieces[-1][-1]) in "WF"
        if apart and not (pieces and closing):
            pieces.append(character)
        else:
            pieces[-1] += character
    return pieces
