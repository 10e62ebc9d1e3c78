"""Which IP addresses are out in the internet, whatever form they are written in.

Pure. Not `ipaddress.is_global`: its list differs from one patch release of Python to the next, it knows no
metadata service at a public address, and it takes some ways around for what they lead to.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

REFUSED_V4: Final = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",  # this host
            "10.0.0.0/8",
            "100.64.0.0/10",  # carriers' networks; Alibaba's metadata is 100.100.100.200
            "127.0.0.0/8",
            "168.63.129.16/32",  # Azure's wire server: a public address that is only reachable inside
            "169.254.0.0/16",  # link-local: most clouds' metadata; Tencent's is 169.254.0.23
            "172.16.0.0/12",
            "192.0.0.0/24",  # protocols; Oracle's metadata is 192.0.0.192
            "192.0.2.0/24",  # documentation
            "192.88.99.0/24",  # relays of 6to4
            "192.168.0.0/16",
            "198.18.0.0/15",  # benchmarks
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, and broadcast
        ),
    )
)
ALLOWED_V6: Final = IPv6Network("2000::/3")
"""All that is assigned to the internet. Loopback, link-local, private and multicast addresses are outside."""
REFUSED_V6: Final = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # protocols: Teredo, benchmarks, ORCHID
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4: an IPv4 address in disguise
            "3fff::/20",  # documentation
        ),
    )
)
MAPPED: Final = IPv6Network("::ffff:0:0/96")
NAT64: Final = IPv6Network("64:ff9b::/96")
"""Where a network has only IPv6, its names lead here; what counts is the IPv4 address at the end."""
ISATAP: Final = (0x00005EFE, 0x02005EFE)
"""An interface id that begins like this ends in an IPv4 address, to which a router may tunnel."""


def is_outside(address: Address, inside: Sequence[Network] = ()) -> bool:
    """Return whether nobody's own network is behind `address`; the networks `inside` are taken for outside."""
    if any(address in network for network in inside):
        return True
    if isinstance(address, IPv4Address):
        return not any(address in network for network in REFUSED_V4)
    if address.scope_id is not None:
        return False
    if address in MAPPED or address in NAT64:
        return is_outside(_last_32_bits(address), inside)
    if (int(address) >> 32) & 0xFFFFFFFF in ISATAP and not is_outside(_last_32_bits(address), inside):
        return False
    return address in ALLOWED_V6 and not any(address in network for network in REFUSED_V6)


def parsed(text: str) -> Address | None:
    """Return the address that `text` is in the one spelling that everybody reads in the same way; None: it is none."""
    try:
        return ip_address(text)
    except ValueError:
        return None


def network(text: str) -> Network | None:
    """Return the network, or the one address, that `text` is; None: it is none."""
    try:
        return ip_network(text)
    except ValueError:
        return None


def _last_32_bits(address: IPv6Address) -> IPv4Address:
    return IPv4Address(int(address) & 0xFFFFFFFF)
