"""Where finished videos are kept, and for how long."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, SecretStr

from aigcq.config.group import Group, Positive


class StorageSettings(Group):
    """Where finished videos are kept, and for how long."""

    storage: str = ""
    """A folder, `s3://bucket/prefix`, or `off`. Default: the folder `videos` in AIGCQ_DATA_DIR."""
    storage_shared: bool = False
    """Whether every API and worker sees the same folder; with a Redis elsewhere a folder is refused otherwise."""
    storage_endpoint: str = ""
    """S3: where it is, e.g. `https://cos.ap-guangzhou.myqcloud.com`. Default: Amazon's, by the region."""
    storage_region: str = "us-east-1"
    """S3: its region, e.g. `ap-guangzhou`."""
    storage_virtual_hosted: bool = False
    """S3: whether the bucket is a part of the host's name, as Tencent COS wants it; else it begins the path."""
    storage_access_key_id: SecretStr = SecretStr("")
    """S3: key id; for Tencent COS a SecretId."""
    storage_secret_access_key: SecretStr = SecretStr("")
    """S3: secret key."""
    storage_session_token: SecretStr = SecretStr("")
    """S3: session token of temporary credentials."""
    storage_link_seconds: Annotated[int, Field(ge=60, le=7 * 86400)] = 3600
    """S3: how long the address works to which a download is redirected."""
    storage_retention_seconds: Annotated[float, Field(ge=0)] = 30 * 86400.0
    """How long a video is kept; 0: for ever."""
    save_seconds: Positive = 6 * 3600.0
    """How long copying a video is tried; then its task completes with the vendor's address, which ends after days."""
    save_concurrency: Annotated[int, Field(ge=1, le=1000)] = 8
    """Videos that one worker copies at once."""
    max_video_bytes: Annotated[int, Field(ge=1024)] = 2 * 1024**3
    """The largest video that is copied; the task of a larger one completes with the vendor's address."""
