"""REDIS_URL: what it may be, and what is said of one that is none."""

from __future__ import annotations

import pytest

from aigcq.errors import ConfigurationError
from aigcq.store.address import Address, parse


@pytest.mark.parametrize("url", ["redis://:p@host:6379/0", "rediss://host", "unix:///run/redis.sock?db=1"])
def test_the_address_of_one_server_is_left_to_the_client_library(url: str) -> None:
    assert parse(url) == Address(kind="server", url=url)


def test_sentinels_are_named_with_the_service_that_they_watch() -> None:
    url = "redis+sentinel://user:p%2Fw@a:1,b,[::1]:3/the-queue/2"

    assert parse(url) == Address(
        kind="sentinel",
        url=url,
        nodes=(("a", 1), ("b", 26379), ("::1", 3)),
        service="the-queue",
        db=2,
        username="user",
        password="p/w",
    )


def test_a_cluster_is_named_by_any_of_its_nodes() -> None:
    url = "rediss+cluster://:pw@a:7000,b"

    assert parse(url) == Address(kind="cluster", url=url, nodes=(("a", 7000), ("b", 6379)), password="pw", tls=True)


@pytest.mark.parametrize(
    ("url", "wrong"),
    [
        ("redis+sentinel://:geheim@a:1,b:2", "service"),
        ("redis+sentinel://:geheim@a:1/s/x", "number of a database"),
        ("redis+sentinel://:geheim@a:1,,b:2/s", "HOST:PORT"),
        ("redis+sentinel://:geheim@a:b/s", "HOST:PORT"),
        ("redis+sentinel://:geheim@a:70000/s", "HOST:PORT"),
        ("redis+sentinel://:geheim@a:0/s", "HOST:PORT"),
        ("redis+sentinel://", "HOST:PORT|service"),
        ("redis+sentinel://user:1/geheim@a:1/s", "%2F"),
        ("redis+cluster://:geheim@a:1/3", "one database"),
        ("redis+cluster://:geheim@a:1?db=1", "%3F"),
        ("redis+cluster://:geheim#x@a:1", "%23"),
        ("redis://user:1/geheim@a:1", "%2F"),
        ("redis+other://:geheim@a:1", "must be like"),
        ("http+cluster://:geheim@a:1", "must be like"),
    ],
)
def test_a_malformed_address_is_refused_with_what_is_wrong_and_without_its_password(url: str, wrong: str) -> None:
    with pytest.raises(ConfigurationError, match=wrong) as caught:
        parse(url)

    assert "geheim" not in str(caught.value)
