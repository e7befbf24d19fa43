"""What is sealed opens with its key, under its name, whole, and not otherwise."""

import itertools
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.offices import OFFICE_KEYS
from tests.support.sealed import keys, secrets

from assay.crypto import sealing
from assay.crypto.keyfile import Secrets
from assay.crypto.sealing import KEY_BYTES, NONCE_BYTES, OVERHEAD, WRAPPED_BYTES, StorageKeys
from assay.errors import Malformed, Untrusted
from assay.formats.digest import Digest

KEY = bytes(range(KEY_BYTES))
NONCE = bytes(NONCE_BYTES)


@given(st.binary(max_size=200), st.text("0123456789abcdef", min_size=64, max_size=64))
def test_round_trips(data: bytes, name: str) -> None:
    sealed = sealing.seal(KEY, name, data, NONCE)
    assert sealing.open_(KEY, name, sealed) == data
    assert len(sealed) == len(data) + OVERHEAD
    assert keys().unwrap(name, keys().wrap(name, KEY, NONCE)) == KEY


@given(st.lists(st.binary(max_size=70), max_size=6), st.text("0123456789abcdef", min_size=64, max_size=64))
def test_in_pieces_it_is_sealed_as_it_is_whole(pieces: list[bytes], name: str) -> None:
    sealed = b"".join(sealing.seal_pieces(KEY, name, iter(pieces), NONCE))
    assert sealed == sealing.seal(KEY, name, b"".join(pieces), NONCE)


def test_every_byte_counts() -> None:
    sealed, wrapped = sealing.seal(KEY, "n", b"data", NONCE), keys().wrap("n", KEY, NONCE)
    cases: list[tuple[bytes, Callable[[bytes], bytes]]] = [
        (sealed, lambda found: sealing.open_(KEY, "n", found)),
        (wrapped, lambda found: keys().unwrap("n", found)),
    ]
    for whole, opened in cases:
        changed = [whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :] for at in range(len(whole))]
        cut = [whole[:at] for at in range(len(whole))]
        more = [whole + b"\0", b"\0" + whole]
        assert opened(whole)
        for bad in itertools.chain(changed, cut, more):
            with pytest.raises((Malformed, Untrusted)):
                opened(bad)


def test_bound_to_name_and_key() -> None:
    sealed, wrapped = sealing.seal(KEY, "n", b"data", NONCE), keys().wrap("n", KEY, NONCE)
    with pytest.raises(Untrusted, match="is another's"):
        sealing.open_(KEY, "m", sealed)
    with pytest.raises(Untrusted, match="is another's"):
        sealing.open_(bytes(KEY_BYTES), "n", sealed)
    with pytest.raises(Untrusted, match="is another's"):
        keys().unwrap("m", wrapped)
    with pytest.raises(Untrusted, match="is not in the keyfile"):
        keys("other").unwrap("n", wrapped)


def test_a_wrapped_key_passes_for_nothing_sealed() -> None:
    with pytest.raises(Malformed):
        sealing.open_(KEY, "n", keys().wrap("n", KEY, NONCE))
    assert len(keys().wrap("n", KEY, NONCE)) == WRAPPED_BYTES


def test_older_keys_still_open_and_the_newest_wraps() -> None:
    before = keys("first").wrap("n", KEY, NONCE)
    both = keys("first", "second")
    assert both.unwrap("n", before) == KEY
    assert sealing.wrapped_by(before) != sealing.wrapped_by(both.wrap("n", KEY, NONCE)) == both.newest
    assert both.newest == keys("second").newest


def test_names_depend_on_the_naming_key_alone_and_on_the_whole_digest() -> None:
    digest = Digest.sha256(b"a list")
    assert keys("first").name(digest) == keys("second").name(digest)
    assert keys().name(digest) != keys().name(Digest("sha512", digest.value * 2))
    other = StorageKeys(b"other".ljust(32), [b"x" * 32])
    assert other.name(digest) != keys().name(digest)
    assert len(keys().name(digest)) == 64


def test_keys_of_another_purpose_are_refused() -> None:
    good = secrets()
    for purposes, found in (
        (("office",), good.keys),
        (good.purposes, good.keys[:1]),
        (("storage", "log"), good.keys),
    ):
        with pytest.raises(Malformed, match="expected two or more for storage"):
            StorageKeys.of(Secrets(name="x", purposes=purposes, created=good.created, trial=True, keys=found))
    with pytest.raises(Malformed):
        StorageKeys.of(
            Secrets(name="x", purposes=("office",), created=good.created, trial=True, keys=OFFICE_KEYS)
        )


def test_misuse_is_our_bug() -> None:
    with pytest.raises(ValueError, match="nonce of 11 bytes"):
        sealing.seal(KEY, "n", b"", NONCE[1:])
    with pytest.raises(ValueError, match="without one that wraps"):
        StorageKeys(KEY, [])


def test_secrets_do_not_show() -> None:
    shown = repr(keys())
    assert secrets().keys[1].unsafe_seed().hex() not in shown
    assert keys().newest.hex() in shown
