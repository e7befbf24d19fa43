"""Where the office may send."""

from contextlib import suppress
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.errors import AssayError, Malformed, Refused
from assay.office.destination import Destinations

PUBLIC = Destinations()


@pytest.mark.parametrize(
    ("url", "server", "path"),
    [
        ("https://hooks.example", "https://hooks.example", "/"),
        ("https://Hooks.Example:443/a/b?c=d%20e", "https://hooks.example", "/a/b?c=d%20e"),
        ("https://xn--bcher-kva.example/", "https://xn--bcher-kva.example", "/"),
        ("https://93.184.216.34/x", "https://93.184.216.34", "/x"),
        ("https://[2606:2800:0220:1::1]/x", "https://[2606:2800:220:1::1]", "/x"),
        ("https://127.0.0.1.hooks.example/", "https://127.0.0.1.hooks.example", "/"),
        ("https://0x7f.hooks.example/", "https://0x7f.hooks.example", "/"),
    ],
)
def test_plain_urls_are_taken(url: str, server: str, path: str) -> None:
    found = PUBLIC.parse(url)
    assert (found.server, found.path, found.url) == (server, path, server + path)
    assert PUBLIC.parse(found.url) == found


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("https://2130706433/", id="decimal"),
        pytest.param("https://017700000001/", id="octal"),
        pytest.param("https://0x7f000001/", id="hexadecimal"),
        pytest.param("https://0X7F000001/", id="hexadecimal, upper case"),
        pytest.param("https://0177.0.0.1/", id="octal part"),
        pytest.param("https://0x7f.0.0.1/", id="hexadecimal part"),
        pytest.param("https://127.0.0.0x1/", id="hexadecimal last part"),
        pytest.param("https://127.0.0.01/", id="leading zero"),
        pytest.param("https://127.1/", id="short"),
        pytest.param("https://127.0.1/", id="three parts"),
        pytest.param("https://127.0.0.1.1/", id="five parts"),
        pytest.param("https://256.0.0.1/", id="too large"),
        pytest.param("https://1.2.3.4294967295/", id="one part too large"),
        pytest.param("https://127.0.0.1./", id="address with a trailing dot"),
        pytest.param("https://hooks.example./", id="name with a trailing dot"),
        pytest.param("https://user@hooks.example/", id="user"),
        pytest.param("https://:secret@hooks.example/", id="password alone"),
        pytest.param("https://@hooks.example/", id="empty user"),
        pytest.param("https://hooks.example@127.0.0.1/", id="address behind a user"),
        pytest.param("https://127.0.0.1\\@hooks.example/", id="backslash"),
        pytest.param("https://hooks.example\\.evil.example/", id="backslash in the name"),
        pytest.param("https://127.0.0.1#@hooks.example/", id="fragment"),
        pytest.param("https://127.0.0.1 hooks.example/", id="space"),
        pytest.param(" https://hooks.example/", id="space before"),
        pytest.param("https://hooks.exa\tmple/", id="tab"),
        pytest.param("https://hooks.example/\r\nHost: x", id="line"),
        pytest.param("https://bücher.example/", id="IDN"),
        pytest.param("https://①②⑦.⓪.⓪.①/", id="circled digits"),
        pytest.param("https://１２７.0.0.1/", id="full-width digits"),
        pytest.param("https://127。0。0。1/", id="ideographic stops"),
        pytest.param("https://hooks%2eexample/", id="escape in the name"),
        pytest.param("https://[fe80::1%25eth0]/", id="zone"),
        pytest.param("https://[fe80::1%eth0]/", id="zone, not escaped"),
        pytest.param("https://[::1/", id="bracket"),
        pytest.param("https://::1/", id="no brackets"),
        pytest.param("https://[1::2::3]/", id="no address"),
        pytest.param("https://[v1.a]/", id="address of the future"),
        pytest.param("https://hooks_1.example/", id="underscore"),
        pytest.param("https://-hooks.example/", id="hyphen first"),
        pytest.param("https://hooks-.example/", id="hyphen last"),
        pytest.param("https://hooks..example/", id="empty label"),
        pytest.param("https://.example/", id="empty first label"),
        pytest.param(f"https://{'a' * 64}.example/", id="long label"),
        pytest.param(f"https://{'a.' * 130}example/", id="long name"),
        pytest.param("https:///x", id="no host"),
        pytest.param("https://", id="nothing"),
        pytest.param("//hooks.example/", id="no scheme"),
        pytest.param("gopher://hooks.example/", id="another scheme"),
        pytest.param("file:///etc/hosts", id="file"),
        pytest.param("https://hooks.example:0/", id="port 0"),
        pytest.param("https://hooks.example:70000/", id="port too large"),
        pytest.param("https://hooks.example:4 43/", id="port with a space"),
        pytest.param("https://hooks.example/" + "x" * 2000, id="long"),
    ],
)
def test_other_spellings_are_malformed(url: str) -> None:
    with pytest.raises(Malformed):
        Destinations(http=True, networks=("0.0.0.0/0", "::/0")).parse(url)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://hooks.example/", "http is not allowed"),
        ("https://hooks.example:22/", "port 22 is not allowed here, expected 443"),
        ("https://hooks.example:80/", "port 80"),
        ("https://127.0.0.1/", "loopback"),
        ("https://[::ffff:127.0.0.1]/", "in disguise"),
        ("https://[::ffff:7f00:1]/", "in disguise"),
        ("https://[0:0:0:0:0:0:0:1]/", "loopback"),
    ],
)
def test_what_is_not_allowed_is_refused(url: str, message: str) -> None:
    with pytest.raises(Refused, match=message):
        PUBLIC.parse(url)


def test_the_operator_may_allow_more() -> None:
    inside = Destinations(networks=("10.20.0.0/16", "fd00:1::/32"), ports=(443, 8443), http=True)
    for url in ("http://10.20.3.4/", "http://hooks.example:80/", "https://[fd00:1::5]:8443/x"):
        assert inside.parse(url).url in (url, "http://hooks.example/")
    for url in (
        "https://10.21.0.1/",
        "http://10.20.3.4:8080/",
        "https://[::ffff:10.20.3.4]/",
        "https://[fd00:2::1]/",
    ):
        with pytest.raises(Refused):
            inside.parse(url)


SPECIAL = [
    ("0.0.0.0", "unspecified"), ("0.1.2.3", "unspecified"), ("10.0.0.1", "private"), ("10.255.255.255", "private"),
    ("100.64.0.1", "carrier"), ("100.100.100.200", "carrier"), ("100.127.255.255", "carrier"), ("127.0.0.1", "loopback"),
    ("127.255.255.254", "loopback"), ("168.63.129.16", "cloud"), ("169.254.169.254", "link-local"), ("172.16.0.1", "private"),
    ("172.31.255.255", "private"), ("192.0.0.192", "reserved"), ("192.0.2.1", "documentation"), ("192.88.99.1", "reserved"),
    ("192.168.0.1", "private"), ("198.18.0.1", "benchmarks"), ("198.19.255.255", "benchmarks"), ("203.0.113.9", "documentation"),
    ("224.0.0.1", "multicast"), ("239.255.255.255", "multicast"), ("240.0.0.1", "reserved"), ("255.255.255.255", "reserved"),
    ("::", "unspecified"), ("::1", "loopback"), ("::7f00:1", "reserved"), ("::ffff:93.184.216.34", "disguise"),
    ("64:ff9b::7f00:1", "disguise"), ("64:ff9b::5db8:d822", "disguise"), ("64:ff9b:1::1", "disguise"), ("100::1", "reserved"),
    ("2001::1", "reserved"), ("2001:0:4136:e378::1", "reserved"), ("2001:db8::1", "documentation"), ("2002:7f00:1::", "disguise"),
    ("3fff::1", "documentation"), ("4000::1", "reserved"), ("5f00::1", "reserved"), ("fc00::1", "private"), ("fd00:ec2::254", "private"),
    ("fe80::1", "link-local"), ("fe80::1%eth0", "one link"), ("2606:2800:220:1::1%eth0", "one link"), ("fec0::1", "reserved"),
    ("ff02::1", "multicast"),
]  # fmt: skip
ORDINARY = [
    "1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0", "168.63.129.15",
    "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.167.255.255", "192.169.0.0", "198.17.255.255",
    "198.20.0.0", "223.255.255.255", "2001:200::1", "2001:db7:ffff::1", "2001:db9::1", "2003::1", "2606:2800:220:1::1", "3ffe:ffff::1",
]  # fmt: skip


@pytest.mark.parametrize(("address", "why"), SPECIAL)
def test_special_addresses_are_refused_also_among_others(address: str, why: str) -> None:
    for found in ([address], ["1.1.1.1", address, "2606:2800:220:1::1"]):
        with pytest.raises(Refused, match=f"address of hooks.example is .*{why}") as refused:
            PUBLIC.admit("hooks.example", found)
        assert address not in str(refused.value)


@pytest.mark.parametrize("address", ORDINARY)
def test_their_neighbours_are_not(address: str) -> None:
    PUBLIC.admit("hooks.example", [address])


def test_a_name_without_an_address_is_refused() -> None:
    with pytest.raises(Refused, match="no address"):
        PUBLIC.admit("hooks.example", [])


def test_an_allowed_network_allows_nothing_else() -> None:
    inside = Destinations(networks=("127.0.0.0/8",))
    inside.admit("hooks.example", ["127.0.0.1", "1.1.1.1"])
    for address in ("10.0.0.1", "::1", "::ffff:127.0.0.1", "128.0.0.1%lo"):
        with pytest.raises(Refused):
            inside.admit("hooks.example", [address])


@pytest.mark.parametrize(
    "settings", [{"networks": ("10.0.0.1/8",)}, {"networks": ("all",)}, {"ports": (0,)}, {"ports": (65536,)}]
)
def test_odd_settings_are_malformed(settings: dict[str, tuple[str, ...]]) -> None:
    with pytest.raises(Malformed):
        Destinations(**settings)  # type: ignore[arg-type]


@given(st.ip_addresses())
def test_what_python_calls_special_is_never_asked(address: object) -> None:
    one = ip_address(str(address))
    if (
        one.is_multicast
        or one.is_private
        or one.is_reserved
        or one.is_loopback
        or one.is_link_local
        or one.is_unspecified
    ):
        with pytest.raises(Refused):
            PUBLIC.admit("hooks.example", [str(one)])


@given(st.text(max_size=60), st.sampled_from(["", "https://", "https://127.0.0.1", "https://[::1]"]))
def test_any_text_is_a_destination_or_an_error_of_ours(text: str, before: str) -> None:
    try:
        found = PUBLIC.parse(before + text)
    except AssayError:
        return
    assert PUBLIC.parse(found.url) == found
    with suppress(ValueError):
        assert ip_address(found.host).is_global
