"""The vendor's account and address."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, SecretStr

from aigcq.config.group import Group, named


class VendorSettings(Group):
    """The vendor's account and address."""

    tencentcloud_secret_id: SecretStr = named("TENCENTCLOUD_SECRET_ID", SecretStr(""))
    """Tencent Cloud SecretId. Without it the real vendor cannot be called; the demo needs none."""
    tencentcloud_secret_key: SecretStr = named("TENCENTCLOUD_SECRET_KEY", SecretStr(""))
    """Tencent Cloud SecretKey."""
    tencentcloud_token: SecretStr = named("TENCENTCLOUD_TOKEN", SecretStr(""))
    """Session token of temporary credentials."""
    tencentcloud_endpoint: str = named("TENCENTCLOUD_ENDPOINT", "https://vod.tencentcloudapi.com")
    """Where the vendor's API is; the simulator is `http://127.0.0.1:PORT`."""
    tencentcloud_region: str = named("TENCENTCLOUD_REGION", "")
    """Region header; this API does not need one."""
    vod_subapp_id: Annotated[int, Field(ge=1)] = named("VOD_SUBAPP_ID", 1320866336)
    """VOD application id (SubAppId)."""
    accounts: str = ""
    """A YAML file that lists several vendor accounts, each with a queue of its own; see docs/how-to/accounts.md."""
