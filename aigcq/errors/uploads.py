"""What goes wrong with pictures that are sent with a request."""

from __future__ import annotations

from aigcq.errors.ours import AigcqError


class UploadsFull(AigcqError):
    """As many pictures as AIGCQ_MAX_UPLOADS allows wait in Redis already; nothing was enqueued."""

    code = "uploads_full"
    status = 429
    advice = "Give the picture's URL instead, or wait as long as Retry-After says; or raise AIGCQ_MAX_UPLOADS."
    retry_after_seconds = 60

    def __init__(self, most: int) -> None:
        super().__init__(f"{most} pictures wait for their tasks, which is as many as AIGCQ_MAX_UPLOADS allows.")


class FileNotFound(AigcqError):
    """No such file, or not any more."""

    code = "file_not_found"
    status = 404
    advice = "Check the id; files are kept for AIGCQ_UPLOAD_SECONDS, and less where many pictures wait."

    def __init__(self, file_id: str) -> None:
        super().__init__(f"There is no file {file_id}, or not any more.")
