"""The first frame of a video as a picture."""

from __future__ import annotations

from io import BytesIO
from typing import IO, TYPE_CHECKING, Final

if TYPE_CHECKING:
    from av import VideoStream

LONGEST_SIDE: Final = 640
QUALITY: Final = 80
MAX_PIXELS: Final = 8192 * 4320
"""A frame larger than that is not decoded: nobody's video is, and it would fill the memory."""


def first_frame(file: IO[bytes]) -> bytes:
    """Return the first frame as JPEG; blocks: for a thread.

    Raises:
        ValueError: there is none, or it is too large; also what PyAV and Pillow raise.
    """
    import av  # here: an API has no use for the decoder, which takes 20 MB

    with av.open(file, mode="r") as container:
        stream = container.streams.video[0] if container.streams.video else None
        if stream is None or _said(stream) > MAX_PIXELS:
            raise ValueError("there is no frame, or it is too large")
        stream.codec_context.options = {"max_pixels": str(MAX_PIXELS)}  # a frame may be larger than its container says
        for frame in container.decode(stream):
            image = frame.to_image()  # type: ignore[no-untyped-call]  # PyAV has no types for it
            image.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
            picture = BytesIO()
            image.save(picture, "JPEG", quality=QUALITY, optimize=True)
            return picture.getvalue()
    raise ValueError("there is no frame")


def _said(stream: VideoStream) -> int:
    """Return how many pixels a frame has by what the container says."""
    return stream.width * stream.height
