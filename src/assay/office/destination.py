"""Where the office may send: public addresses, over TLS, and whatever else its operator has named.

Somebody else chooses the URL of a webhook. Without this rule the office would be their way into its own network
(server-side request forgery). A name says nothing: its address is looked up once, every address of it is judged here, and
the connection goes to that very address.
"""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import msgspec

from assay.errors import Malformed, Refused
from assay.formats.text import shown
from assay.formats.web_url import parse_url

MAX_HOST = 253
MAX_LABEL = 63

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_SPECIAL: tuple[tuple[str, str], ...] = (
    ("0.0.0.0/8", "unspecified"),
    ("10.0.0.0/8", "private"),
    ("100.64.0.0/10", "shared by a carrier's customers"),
    ("127.0.0.0/8", "loopback"),
    ("168.63.129.16/32", "a cloud's own"),
    ("169.254.0.0/16", "link-local"),
    ("172.16.0.0/12", "private"),
    ("192.0.0.0/24", "reserved"),
    ("192.0.2.0/24", "for documentation"),
    ("192.88.99.0/24", "reserved"),
    ("192.168.0.0/16", "private"),
    ("198.18.0.0/15", "for benchmarks"),
    ("198.51.100.0/24", "for documentation"),
    ("203.0.113.0/24", "for documentation"),
    ("224.0.0.0/4", "multicast"),
    ("240.0.0.0/4", "reserved"),
    ("::/128", "unspecified"),
    ("::1/128", "loopback"),
    ("::ffff:0:0/96", "an IPv4 address in disguise"),
    ("64:ff9b::/96", "an IPv4 address in disguise"),
    ("64:ff9b:1::/48", "an IPv4 address in disguise"),
    ("2001::/23", "reserved"),
    ("2001:db8::/32", "for documentation"),
    ("2002::/16", "an IPv4 address in disguise"),
    ("3fff::/20", "for documentation"),
    ("fc00::/7", "private"),
    ("fe80::/10", "link-local"),
    ("ff00::/8", "multicast"),
)
"""The registries of special-purpose addresses (RFC 6890 and what IANA has added), and Azure's 168.63.129.16, which is none.
Written out: what a Python calls private differs between its releases."""

_NETWORKS: tuple[tuple[Network, str], ...] = tuple((ip_network(one), what) for one, what in _SPECIAL)
_PUBLIC6 = IPv6Network("2000::/3")
"""All that IANA has given out; the rest is reserved."""


class Destination(msgspec.Struct, frozen=True):
    """A server that may be asked, if its addresses allow it."""

    scheme: str
    host: str
    """In lower case; an IPv6 address without brackets."""
    port: int
    path: str
    """With the query."""

    @property
    def server(self) -> str:
        """Without the path, which may hold a secret."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = self.port == (443 if self.scheme == "https" else 80)
        return f"{self.scheme}://{host}" if usual else f"{self.scheme}://{host}:{self.port}"

    @property
    def url(self) -> str:
        return self.server + self.path


class Destinations(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the operator allows."""

    networks: tuple[str, ...] = ()
    """Beside public addresses, such as ``10.20.0.0/16`` of an intranet."""
    ports: tuple[int, ...] = (443,)
    http: bool = False
    """Also without TLS, and then port 80 too."""

    def __post_init__(self) -> None:
        for text in self.networks:
            _network(text)
        if not all(0 < port < 65536 for port in self.ports):
            raise Malformed(f"ports {self.ports}: expected numbers from 1 to 65535")

    def parse(self, url: str) -> Destination:
        """Malformed for what is no URL in its plain spelling, Refused for a scheme, port or address that is not allowed.

        The addresses of a name are still to be judged.
        """
        parts = parse_url(url)
        host, is_address = _host(str(parts.hostname), url)
        if is_address:
            self.admit(host, (host,))
        if parts.scheme == "http" and not self.http:
            raise Refused(f"{shown(host, 80)}: http is not allowed here, expected https")
        port = parts.port or (443 if parts.scheme == "https" else 80)
        if port not in self.ports and not (port == 80 and self.http):
            allowed = ", ".join(map(str, self.ports))
            raise Refused(f"{shown(host, 80)}: port {port} is not allowed here, expected {allowed}")
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return Destination(parts.scheme, host, port, path)

    def admit(self, host: str, addresses: Iterable[str]) -> None:
        """Return when all *addresses* that *host* was found to have are allowed, else Refused; none of them is told."""
        empty = True
        for text in addresses:
            empty = False
            why = self._against(text)
            if why:
                raise Refused(f"an address of {shown(host, 80)} is {why}; expected public ones only")
        if empty:
            raise Refused(f"{shown(host, 80)} has no address")

    def _against(self, text: str) -> str:
        """Why the address may not be asked; empty when it may."""
        if "%" in text:
            return "of one link only"
        try:
            address = ip_address(text)
        except ValueError as error:
            raise ValueError(f"{text!r} is no address") from error
        if any(_within(address, _network(one)) for one in self.networks):
            return ""
        for network, what in _NETWORKS:
            if _within(address, network):
                return what
        return "" if address.version == 4 or address in _PUBLIC6 else "reserved"


def _within(address: Address, network: Network) -> bool:
    return address.version == network.version and address in network


def _network(text: str) -> Network:
    try:
        return ip_network(text)
    except ValueError as error:
        raise Malformed(f"network {shown(text, 80)!r}: {error}; expected one like 10.20.0.0/16") from error


def _host(host: str, url: str) -> tuple[str, bool]:
    """*host* in the one spelling of its kind, and whether it is an address.

    Other spellings of an address are a way around filters that look for the usual one.
    """
    refusal = Malformed(f"{shown(url, 100)!r}: expected a host name such as hooks.example, or an address")
    if ":" in host:
        try:
            return str(IPv6Address(host)), True
        except ValueError as error:
            raise refusal from error
    labels = host.split(".")
    # The rule of browsers: what ends in a number is an IPv4 address, or nothing.
    if labels[-1].isdigit() or labels[-1].startswith("0x"):
        try:
            return str(IPv4Address(host)), True
        except ValueError as error:
            raise refusal from error
    if len(host) > MAX_HOST or not all(map(_is_label, labels)):
        raise refusal
    return host, False


def _is_label(label: str) -> bool:
    return 0 < len(label) <= MAX_LABEL and "_" not in label and not label.startswith("-") and label[-1] != "-"
