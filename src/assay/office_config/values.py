"""What some settings are written as; a ``ValueError`` here says which one, and what was expected."""

from ipaddress import IPv4Network, IPv6Network, ip_network
from urllib.parse import SplitResult, urlsplit

from assay.formats.text import shown

Network = IPv4Network | IPv6Network


def url(text: str, what: str, schemes: tuple[str, ...]) -> SplitResult:
    """Its parts. What is wrong is told without the URL, where that may hold a secret."""
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError as error:
        raise ValueError(f"{what} is no URL") from error
    if parts.password is not None or "password=" in parts.query:
        raise ValueError(f"{what} holds a password; put it into a file of its own, and name that")
    if parts.scheme not in schemes:
        raise ValueError(
            f"{what} is {shown(text, 80)!r}, expected {' or '.join(f'{one}://' for one in schemes)}"
        )
    if not parts.netloc and "host=" not in parts.query:
        raise ValueError(f"{what} is {shown(text, 80)!r}, expected a host in it")
    return parts


def address(text: str, what: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isdecimal() or not 0 <= int(port) <= 65535:
        raise ValueError(f"{what} is {shown(text, 80)!r}, expected address:port")
    return host.strip("[]"), int(port)


def networks(texts: tuple[str, ...], what: str) -> tuple[Network, ...]:
    try:
        return tuple(ip_network(one) for one in texts)
    except ValueError as error:
        raise ValueError(f"{what}: {error}, expected an address or network") from error
