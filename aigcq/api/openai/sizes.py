"""`1280x720` in the words of the vendor's models, and back.

A model makes a few shapes and a few resolutions; the one that comes nearest is taken. That is not a lie: a client
which asks for 1792x1024 gets 16:9 in 1080P and reads in the answer what it asked for. But what would be another
picture, upright instead of wide or half as sharp, is refused with the list of what there is.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from aigcq.capability import ModelVersion
from aigcq.errors import InvalidRequest
from aigcq.request import VideoRequest

SHAPE_MAY_DIFFER: Final = math.log(1.15)
"""Of width to height: 1792x1024 counts as 16:9, 4:3 does not."""
SIDE_MAY_DIFFER: Final = math.log(1.6)
"""Of the shorter side: 480 counts as 720, 360 does not."""
COMMON_SHAPES: Final = ("16:9", "9:16", "1:1", "4:3", "3:4", "21:9", "3:2", "2:3")
"""For models of which nobody says what they make."""
COMMON_SIDES: Final = ("720P", "1080P")
_SIDES: Final = {"2K": 1440, "4K": 2160}
_SIZE: Final = re.compile(r"([1-9]\d{1,4})[xX*×]([1-9]\d{1,4})", re.ASCII)


def fitted(version: ModelVersion, request: VideoRequest, size: str) -> Mapping[str, str]:
    """Return the fields of a request that `size` decides and that it does not state itself.

    Raises:
        InvalidRequest: it is no size, or none that comes near to what the model makes.
    """
    found = _SIZE.fullmatch(size)
    if not found:
        raise InvalidRequest("size", "size must be like 1280x720.", allowed(version))
    width, height = int(found[1]), int(found[2])
    fields = {}
    if request.aspect_ratio is None and _shape_counts(version, request):
        fields["aspect_ratio"] = _nearest(version, size, width / height, _shapes(version), _ratio, SHAPE_MAY_DIFFER)
    if request.resolution is None and version.resolutions:
        words = version.resolutions.values
        fields["resolution"] = _nearest(version, size, min(width, height), words, side_of, SIDE_MAY_DIFFER)
    return fields


def allowed(version: ModelVersion) -> list[str]:
    """Return the sizes that the model makes."""
    words = version.resolutions.values if version.resolutions else COMMON_SIDES
    return [size_of(shape, word) for word in words for shape in _shapes(version)]


def size_of(shape: str, resolution: str) -> str:
    """Return what `16:9` in `720P` is in pixels; both sides even, as videos have them."""
    width, height = (int(part) for part in shape.split(":"))
    side = side_of(resolution)
    longer = 2 * round(side * max(width, height) / min(width, height) / 2)
    return f"{longer}x{side}" if width >= height else f"{side}x{longer}"


def side_of(resolution: str) -> int:
    """Return the shorter side of a resolution, in pixels."""
    digits = re.match(r"\d{3,4}", resolution)
    return _SIDES.get(resolution.upper()) or (int(digits[0]) if digits else 720)


def _shape_counts(version: ModelVersion, request: VideoRequest) -> bool:
    """Whether the model is told a shape at all; where a picture comes first, most take the picture's."""
    return request.mode != "first_frame" or bool(
        version.aspect_ratios and "first_frame" in version.aspect_ratios.applies
    )


def _shapes(version: ModelVersion) -> Iterable[str]:
    return version.aspect_ratios.values if version.aspect_ratios else COMMON_SHAPES


def _ratio(shape: str) -> float:
    width, height = (int(part) for part in shape.split(":"))
    return width / height


def _nearest(version: ModelVersion, size: str, wanted: float, words: Iterable[str], measure: Any, most: float) -> str:
    def distance(word: str) -> float:
        return abs(math.log(wanted / measure(word)))

    word = min(words, key=distance)
    if distance(word) > most:
        raise InvalidRequest("size", f"{version.title} makes nothing like {size}.", allowed(version))
    return word
