import json
from contextlib import suppress
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.signing import AT, pair, private

from assay.crypto import keyfile
from assay.crypto.keyfile import Secrets
from assay.errors import AssayError, Malformed, TooLarge, Unsupported, Untrusted
from assay.formats import b64, strict_json

SECRETS = Secrets(name="lighthouse", purposes=("provider",), created=AT, trial=True, keys=pair("lighthouse"))
SALT, NONCE = b"s" * 32, b"n" * 12
SEALED = keyfile.seal(SECRETS, b"open sesame", SALT, NONCE, cost=14)


def altered(checksum: bool = True, **changes: Any) -> bytes:
    """The file with parts replaced, and the checksum made right again."""
    document = json.loads(SEALED)
    for path, value in changes.items():
        target = document
        *parents, last = path.split("__")
        for name in parents:
            target = target[int(name) if name.isdigit() else name]
        assert target[last] != value
        target[last] = value
    if checksum:
        document.pop("checksum")
        document["checksum"] = keyfile._checksum(document)
    return json.dumps(document).encode()


def test_opens_what_it_sealed() -> None:
    opened = keyfile.open_(SEALED, b"open sesame")
    assert opened.header() == SECRETS.header()
    assert [key.unsafe_seed() for key in opened.keys] == [key.unsafe_seed() for key in SECRETS.keys]


def test_the_header_reads_without_passphrase_and_no_seed_stands_in_the_file() -> None:
    header = keyfile.read_header(SEALED)
    assert (header.name, header.trial, header.created) == ("lighthouse", True, AT)
    assert [key.keyid for key in header.keys] == [key.public.keyid for key in SECRETS.keys]
    for key in SECRETS.keys:
        assert key.unsafe_seed() not in SEALED


def test_a_wrong_passphrase_says_so() -> None:
    with pytest.raises(Untrusted, match="the passphrase does not open the keyfile of 'lighthouse'"):
        keyfile.open_(SEALED, b"open sesam")


@pytest.mark.parametrize("at", range(0, len(SEALED), 41))
def test_a_changed_byte_is_damage_not_a_wrong_passphrase(at: int) -> None:
    changed = SEALED[:at] + bytes([SEALED[at] ^ 1]) + SEALED[at + 1 :]
    try:
        same = json.loads(changed) == json.loads(SEALED)
    except ValueError:
        same = False
    if same:
        pytest.skip("only white space between values changed")
    with pytest.raises(Malformed):
        keyfile.open_(changed, b"open sesame")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"header__trial": False}, "altered: its header", id="trial mark removed"),
        pytest.param({"header__name": "beacon"}, "altered: its header", id="another name"),
        pytest.param({"header__purposes": ["office"]}, "altered: its header", id="another purpose"),
        pytest.param({"nonce": "AAAAAAAAAAAAAAAA"}, "altered: its header", id="another nonce"),
        pytest.param({"sealed": "AAAA"}, "altered: its header", id="secrets cut"),
        pytest.param(
            {"kdf__log2_n": 30}, "log2_n 30, r 8, p 1, expected 'scrypt'", id="cost that exhausts memory"
        ),
        pytest.param({"kdf__log2_n": 1}, "log2_n 1, r 8", id="cost worth nothing"),
        pytest.param({"kdf__p": 1000}, "p 1000", id="parallelism that takes for ever"),
        pytest.param({"kdf__name": "argon2id"}, "asks for 'argon2id'", id="another derivation"),
        pytest.param({"kdf__salt": "AAAA"}, "keyfile salt is not 32 bytes", id="short salt"),
        pytest.param({"kdf__salt": "AAAB="}, "salt is not standard base64", id="salt not base64"),
        pytest.param({"cipher": "none"}, "cipher is 'none'", id="no encryption"),
        pytest.param({"version": 2}, "version 2, expected", id="later version"),
        pytest.param({"header__purposes": ["Provider!"]}, "not a lower-case word", id="purpose"),
        pytest.param({"header__name": "\u202eabc"}, "printable", id="name that misleads"),
        pytest.param({"header__name": ""}, "not 1 to 200 printable", id="no name"),
        pytest.param({"header__name": "x" * 201}, "not 1 to 200 printable", id="long name"),
        pytest.param({"header__keys": []}, "names 0 keys, expected 1 to 16", id="no keys"),
        pytest.param({"header__created": "yesterday"}, "keyfile created 'yesterday'", id="time"),
    ],
)
def test_a_file_altered_on_purpose_is_malformed(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(Malformed, match=message):
        keyfile.open_(altered(**changes), b"open sesame")


def test_without_the_right_checksum_it_is_damaged() -> None:
    with pytest.raises(Malformed, match="damaged: its checksum"):
        keyfile.read_header(altered(checksum=False, header__name="beacon"))


def test_seeds_of_other_keys_are_found() -> None:
    other = keyfile.seal(
        Secrets(name="x", purposes=(), created=AT, trial=True, keys=pair("other")), b"p", SALT, NONCE, cost=14
    )
    header = keyfile.read_header(other)
    with pytest.raises(Malformed, match="seals another key"):
        keyfile._private(header.keys[0], private("ed25519", "lighthouse").unsafe_seed())


def test_sealed_bytes_of_another_length_are_found() -> None:
    document = json.loads(SEALED)
    public = {name: document[name] for name in ("format", "version", "header", "kdf", "cipher", "nonce")}
    key, _ = keyfile._derive(b"open sesame", SALT, 14)
    sealed = AESGCM(key).encrypt(NONCE, b"x" * 65, strict_json.encode(public))
    with pytest.raises(Malformed, match="seals 65 bytes, expected 32 for each of 2 keys"):
        keyfile.open_(altered(sealed=b64.encode(sealed)), b"open sesame")


def test_limits() -> None:
    with pytest.raises(TooLarge, match="over the limit"):
        keyfile.read_header(SEALED + b" " * keyfile.MAX_BYTES)
    with pytest.raises(Unsupported, match="'other' version 1"):
        keyfile.read_header(altered(format="other"))


def test_misuse_is_a_bug() -> None:
    with pytest.raises(ValueError, match="needs a passphrase"):
        keyfile.seal(SECRETS, b"", SALT, NONCE)
    for salt, nonce, cost in (
        (b"short", NONCE, 14),
        (SALT, b"short", 14),
        (SALT, NONCE, 13),
        (SALT, NONCE, 19),
    ):
        with pytest.raises(ValueError, match="expected salt of 32"):
            keyfile.seal(SECRETS, b"p", salt, nonce, cost=cost)


@settings(max_examples=60)
@given(st.one_of(st.binary(max_size=200), st.integers(0, len(SEALED)).map(lambda cut: SEALED[:cut])))
def test_any_bytes_give_an_assay_error_or_the_file(data: bytes) -> None:
    with suppress(AssayError):
        assert keyfile.read_header(data) == SECRETS.header()
