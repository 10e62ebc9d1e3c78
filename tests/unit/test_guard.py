"""The guard refuses whatever leads inside, however it is spelt, and lets the rest through."""

from __future__ import annotations

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aigcq.outbound.addresses import is_outside
from aigcq.outbound.guard import Allowed, Forbidden, checked

NOBODY = Allowed()

INSIDE = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254",
    "168.63.129.16", "169.254.0.23", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.192", "192.0.2.1",
    "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.1.1.1", "240.0.0.1",
    "255.255.255.255",
    "::", "::1", "fe80::1", "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1", "100::1", "2001:db8::1", "3fff::1",
    "5f00::1", "2001:2::1", "2001:20::1", "64:ff9b:1::1",
]  # fmt: skip
OUTSIDE = [
    "1.1.1.1", "8.8.8.8", "93.184.216.34", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1", "191.255.0.1",
    "223.255.255.255", "2606:4700::1111", "2a00:1450::1", "2400:3200::1", "240e::1", "::ffff:8.8.8.8",
    "64:ff9b::808:808",
]  # fmt: skip
DISGUISES = [
    "::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:169.254.169.254", "::127.0.0.1", "::ffff:0:127.0.0.1",
    "64:ff9b::127.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::7f00:1", "2002:7f00:1::", "2002:a9fe:a9fe::1",
    "2002:808:808::1", "2001:0:808:808::8000:1", "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2606:4700::5efe:127.0.0.1", "2606:4700::200:5efe:10.0.0.1",
]  # fmt: skip
SPELLINGS = [
    "127.1", "127.0.1", "0x7f000001", "0x7f.0.0.1", "0x7F.1", "2130706433", "017700000001", "0177.0.0.1",
    "0177.0.0.01", "127.0.0.01", "127.0.0.1.", "127.1.", "127.0.0.1..", "00000177.0.0.1", "0xa9fea9fe", "2852039166",
    "169.254.43518", "0251.0376.0251.0376", "4294967296", "1.2.3.256", "0", "0x", "1.0x0", "8.8.8.010",
    "１２７.０.０.１", "①②⑦.⓪.⓪.①", "127。0。0。1", "127．0．0．1", "⑯⑨.254.169.254",
]  # fmt: skip
NAMES = [
    "localhost", "LOCALHOST", "localhost.", "a.localhost", "ⓛocalhost", "ｌocalhost", "redis", "redis.", "db.internal",
    "metadata.google.internal", "metadata.google.internal.", "printer.local", "x.home.arpa", "router.lan",
    "localhost..", "a..example.com", ".example.com", "-.example.com", "exa_mple-.com", "%31%32%37.0.0.1",
    "example.com%00.evil", "x" * 64 + ".com", "a." * 130 + "com",
]  # fmt: skip
NO_URLS = [
    "", "example.com", "//example.com/", "ftp://example.com/", "file:///etc/passwd", "gopher://example.com/",
    "https://", "https:///x", "https://user@example.com/", "https://user:pass@example.com/", "https://:@example.com/",
    "https://example.com#@127.0.0.1/", "https://example.com\\@127.0.0.1/", "https://127.0.0.1\\.example.com/",
    "https://example.com /", "https://example.com/\n", "https://exam\tple.com/", "https://example.com/\u202e",
    "https://example.com:0/", "https://example.com:99999/", "https://example.com:x/", "https://[::1/", "https://[]/",
    "https://[fe80::1%25eth0]/", "https://[v1.x]/", "https://\ud800.example.com/", "https://example.com/" + "x" * 2048,
]  # fmt: skip


@pytest.mark.parametrize("text", [*INSIDE, *DISGUISES])
def test_an_address_that_may_be_inside_is_inside(text: str) -> None:
    assert not is_outside(ip_address(text))


@pytest.mark.parametrize("text", OUTSIDE)
def test_an_address_of_the_internet_is_outside(text: str) -> None:
    assert is_outside(ip_address(text))


def _url(host: str) -> str:
    return f"https://[{host}]/hook" if ":" in host else f"https://{host}/hook"


@pytest.mark.parametrize("host", [*INSIDE, *DISGUISES, *SPELLINGS, *NAMES])
def test_a_url_that_leads_inside_is_refused(host: str) -> None:
    with pytest.raises(Forbidden):
        checked(_url(host), NOBODY)


@pytest.mark.parametrize("text", NO_URLS)
def test_what_two_parsers_may_read_differently_is_refused(text: str) -> None:
    with pytest.raises(Forbidden):
        checked(text, NOBODY)


@pytest.mark.parametrize(
    "host", [*OUTSIDE, "example.com", "EXAMPLE.com.", "例え.jp", "xn--r8jz45g.jp", "a_b.example.com"]
)
def test_a_url_that_leads_outside_is_called(host: str) -> None:
    assert checked(_url(host), NOBODY).path == "/hook"


@given(octets=st.tuples(*[st.integers(0, 255)] * 4))
def test_an_address_in_any_old_spelling_is_never_called(octets: tuple[int, int, int, int]) -> None:
    a, b, c, d = octets
    whole = a << 24 | b << 16 | c << 8 | d
    spellings = {
        f"0x{whole:x}",
        f"{whole}",
        f"0{whole:o}",
        f"0x{a:x}.{b}.{c}.{d}",
        f"{a}.{b}.{c << 8 | d}",
        f"{a}.{whole & 0xFFFFFF}",
    }
    for spelling in spellings:
        with pytest.raises(Forbidden):
            checked(_url(spelling), NOBODY)


@given(number=st.integers(0, 2**128 - 1))
def test_no_address_but_those_that_are_assigned_to_the_internet_is_outside(number: int) -> None:
    address = ip_address(number.to_bytes(16, "big"))

    assert not is_outside(address) or address.is_global or str(address).startswith(("64:ff9b::", "::ffff:"))


def test_http_is_for_hosts_that_the_operator_has_named() -> None:
    with pytest.raises(Forbidden, match="https"):
        checked("http://example.com/hook", NOBODY)

    assert checked("http://hooks.corp/x", Allowed.read("hooks.corp")).host == "hooks.corp"
    assert checked("http://10.1.2.3:8080/x", Allowed.read("10.1.0.0/16")).port == 8080


def test_what_is_named_lets_nothing_else_in() -> None:
    allowed = Allowed.read("hooks.corp, 10.1.0.0/16")

    for url in ("https://10.2.0.1/", "https://other.corp.internal/", "https://a.hooks.local/", "http://a.hooks.corp/"):
        with pytest.raises(Forbidden):
            checked(url, allowed)
    assert is_outside(ip_address("::ffff:10.1.0.1"), allowed.networks)


@pytest.mark.parametrize("text", ["10.1.0.0/33", "http://x", "a b/c", "0x7f.1", "10.1.2.3/16"])
def test_a_list_of_hosts_that_cannot_be_read_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="neither"):
        Allowed.read(text)


@pytest.mark.parametrize("url", ["https://user:s3cret@example.com/", "https://10.0.0.1/?token=s3cret", "s3cret"])
def test_a_refusal_repeats_nothing_of_the_url(url: str) -> None:
    with pytest.raises(Forbidden) as caught:
        checked(url, NOBODY)

    assert "s3cret" not in str(caught.value)
