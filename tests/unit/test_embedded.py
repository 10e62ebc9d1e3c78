"""The data folder and the addresses of Redis, without a server."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from aigcq.config import Settings
from aigcq.embedded import redis_url, serving, shown
from aigcq.errors import ConfigurationError


def test_a_data_folder_that_cannot_be_written_is_named_with_what_to_set(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with (
        pytest.raises(ConfigurationError, match="file/valkey cannot be written .*AIGCQ_DATA_DIR"),
        serving(tmp_path / "file"),
    ):
        pass


@pytest.mark.parametrize(
    "url", ["http://:geheim@nowhere", "redis://:geheim@host:port/0", "redis://:geheim@host:99999", "geheim"]
)
def test_a_redis_url_that_is_none_is_refused_without_being_repeated(url: str) -> None:
    settings = Settings(redis_url=SecretStr(url))

    with pytest.raises(ConfigurationError, match="REDIS_URL must be like") as caught, redis_url(settings, print):
        pass

    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "public"),
    [
        ("redis://:geheim@host:6379/0", "redis://host:6379/0"),
        ("rediss://user:ge@heim@host:1/2", "rediss://host:1/2"),
        ("unix:///run/redis.sock", "unix:///run/redis.sock"),
        ("redis+sentinel://:geheim@a:1,b:2/queue/0", "redis+sentinel://a:1,b:2/queue/0"),
    ],
)
def test_an_address_is_shown_without_its_password(url: str, public: str) -> None:
    assert shown(url) == public
