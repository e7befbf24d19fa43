"""Damaged and invented rounds, pulses, chains, certificates and keys: read, or refused with one line."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.beacons import CERTIFICATE, FIRST, LATER, real
from tests.support.damage import damaged

from assay.crypto.bls import BlsKey
from assay.crypto.rsa_certificate import RsaCertificate
from assay.errors import AssayError, Malformed
from assay.formats import strict_json
from assay.formats.drand import DrandChain, DrandRound
from assay.formats.nist_pulse import Pulse
from assay.register.drand import QUICKNET
from assay.register.nist import Nist

NIST = Nist(1, RsaCertificate.parse_all(CERTIFICATE))
READERS: dict[str, tuple[Callable[[bytes], Any], bytes]] = {
    "drand round": (lambda data: DrandRound.parse(data).encode(), real("mainnet")[2]),
    "drand chain": (lambda data: DrandChain.parse(data).encode(), QUICKNET.chain.encode()),
    "pulse": (lambda data: Pulse.parse(data).encode(), LATER),
    "pulse of a minute": (lambda data: NIST.open_(data, 1532373960 // 60), FIRST),
    "certificates": (RsaCertificate.parse_all, CERTIFICATE),
}


def refusal(read: Callable[[bytes], Any], data: bytes) -> str | None:
    try:
        read(data)
    except AssayError as error:
        return str(error)
    return None


@pytest.mark.parametrize("reader", READERS)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_reads_or_refuses(reader: str, data: st.DataObject) -> None:
    read, sample = READERS[reader]
    assert read(sample)
    why = refusal(read, data.draw(damaged(sample)))
    assert why is None or (0 < len(why) < 1000 and "\n" not in why)


values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**70), 2**70),
        st.sampled_from(["", "ab" * 48, "AB" * 64, "é", "2.0"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=5,
)


@pytest.mark.parametrize("reader", ["drand round", "drand chain", "pulse"])
@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_other_values_in_its_fields(reader: str, data: st.DataObject) -> None:
    read, sample = READERS[reader]
    document = strict_json.load(sample, what=reader)
    where = document.get("pulse", document)
    where[data.draw(st.sampled_from(sorted(where)))] = data.draw(values)
    changed = strict_json.encode(document)
    why = refusal(read, changed)
    assert "\n" not in (why or "")
    if why is None:
        assert read(read(changed)) == read(changed)


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from([48, 96]),
    st.binary(min_size=96, max_size=96),
    st.sampled_from([0x80, 0xA0, 0xC0, 0xE0, 0]),
)
def test_invented_points_are_no_signatures(size: int, data: bytes, flags: int) -> None:
    """Of random points few are on the curve, and of those none in the small part of it that counts."""
    key = QUICKNET.chain.public_key if size == 48 else real("mainnet")[0].chain.public_key
    signature = bytes([data[0] & 0x1F | flags, *data[1:size]])
    with pytest.raises(Malformed, match=r"no compressed point|not in the group"):
        BlsKey(key, b"tag").verify(b"message", signature)
