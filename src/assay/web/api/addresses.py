"""Where a request comes from, when proxies stand in front."""

import ipaddress
from collections.abc import Mapping, Sequence
from typing import Any

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
MAX_HOPS = 20


def origin(scope: Mapping[str, Any], trusted: Sequence[Network]) -> str:
    """The address to count by: the last one in ``X-Forwarded-For`` that no *trusted* proxy is, or else the peer's own.

    Of IPv6 the network of 64 bits, which is what one customer has.
    """
    peer = str((scope.get("client") or ("",))[0])
    said = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
    hops = [one.strip() for line in said for one in line.split(",")][-MAX_HOPS:]
    while hops and _within(peer, trusted):
        peer = hops.pop()
    return _counted(peer)


def _within(text: str, networks: Sequence[Network]) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return any(address.version == one.version and address in one for one in networks)


def _counted(text: str) -> str:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return text[:64]
    if address.version == 6:
        return str(ipaddress.ip_network((int(address) >> 64 << 64, 64)))
    return text
