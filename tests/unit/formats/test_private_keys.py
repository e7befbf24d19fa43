"""Private keys are found in every wrapping, and only when they are keys."""

import base64
import json

import pytest
from cryptography.hazmat.primitives.serialization import PrivateFormat
from hypothesis import given
from hypothesis import strategies as st
from tests.support.secrets import Key, dsa_key, ec_key, ed_key, pem, rsa_key

from assay.errors import TooLarge
from assay.formats import private_keys
from assay.formats.private_keys import find

OLD, NEW, SSH = PrivateFormat.TraditionalOpenSSL, PrivateFormat.PKCS8, PrivateFormat.OpenSSH
KEYS: dict[str, Key] = {"rsa": rsa_key(), "dsa": dsa_key(), "ec": ec_key(), "ed25519": ed_key()}
FORMS = [("rsa", OLD), ("rsa", NEW), ("rsa", SSH), ("dsa", OLD), ("dsa", NEW), ("ec", OLD), ("ec", NEW), ("ec", SSH),
         ("ed25519", NEW), ("ed25519", SSH)]  # fmt: skip


@pytest.mark.parametrize(("name", "form"), FORMS)
def test_finds_what_the_library_writes(name: str, form: PrivateFormat) -> None:
    block = pem(KEYS[name], form)
    (key,) = find(b"before\n" + block + b"after")
    assert (key.offset, key.length, key.protected) == (7, len(block) - 1, False)


@pytest.mark.parametrize(
    ("name", "form"), [(name, form) for name, form in FORMS if name != "dsa" and form is not SSH]
)
def test_tells_locked_keys(name: str, form: PrivateFormat) -> None:
    (key,) = find(pem(KEYS[name], form, "open sesame"))
    assert key.protected


def test_tells_locked_openssh_keys() -> None:
    raw = base64.b64decode(b"".join(pem(KEYS["ed25519"], SSH).splitlines()[1:-1]))
    locked = base64.b64encode(raw.replace(b"\0\0\0\4none", b"\0\0\0\4what", 1))
    (key,) = find(b"-----BEGIN OPENSSH PRIVATE KEY-----\n%s\n-----END OPENSSH PRIVATE KEY-----" % locked)
    assert key.protected


RSA = pem(KEYS["rsa"], OLD)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(RSA.replace(b"\n", b"\r\n"), id="CRLF"),
        pytest.param(json.dumps({"private_key": RSA.decode()}).encode(), id="JSON"),
        pytest.param(repr(RSA.decode()).encode(), id="Python literal"),
        pytest.param(
            b"KEY = (\n" + b"".join(b'    "%s\\n"\n' % line for line in RSA.splitlines()) + b")",
            id="joined literals",
        ),
        pytest.param(b"".join(b'  "%s\\n" +\n' % line for line in RSA.splitlines()), id="JavaScript"),
        pytest.param(b"".join(b"# %s\n" % line for line in RSA.splitlines()), id="comment"),
        pytest.param(b"".join(b"    %s\n" % line for line in RSA.splitlines()), id="indented"),
    ],
)
def test_sees_through_wrappings(text: bytes) -> None:
    assert [key.kind for key in find(text)] == ["RSA private key"]


def _flip(text: bytes) -> bytes:
    """The key with one byte of its modulus changed."""
    body = bytearray(base64.b64decode(b"".join(text.splitlines()[1:-1])))
    body[40] ^= 1
    lines = [base64.b64encode(body)[i : i + 64] for i in range(0, len(base64.b64encode(body)), 64)]
    return b"\n".join([text.splitlines()[0], *lines, text.splitlines()[-1]])


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(RSA.replace(b"RSA PRIVATE", b"PUBLIC").replace(b"PRIVATE", b"PUBLIC"), id="public"),
        pytest.param(_flip(RSA), id="primes do not fit"),
        pytest.param(_flip(pem(KEYS["rsa"], NEW)), id="primes do not fit, PKCS 8"),
        pytest.param(b"\n".join(RSA.splitlines()[:4] + RSA.splitlines()[-1:]), id="cut example"),
        pytest.param(RSA[: len(RSA) // 2], id="no end"),
        pytest.param(b"-----BEGIN PRIVATE KEY-----\nMIIEvQ...\n-----END PRIVATE KEY-----", id="dots"),
        pytest.param(b"-----BEGIN PRIVATE KEY-----\nyour key here\n-----END PRIVATE KEY-----", id="words"),
        pytest.param(b"-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----", id="empty"),
        pytest.param(b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", id="zeros"),
        pytest.param(b'if line == "-----BEGIN OPENSSH PRIVATE KEY-----":', id="constant"),
        pytest.param(b"-----BEGIN OPENSSH PRIVATE KEY-----\n%s\n-----END OPENSSH PRIVATE KEY-----"
                     % base64.b64encode(b"openssh-key-v1\0" + b"\0\0\0\x7f"), id="OpenSSH cut"),
        pytest.param(b"PuTTY-User-Key-File-2: ssh-rsa\nEncryption: none\nPrivate-Lines: 0\n", id="PuTTY without lines"),
    ],
)  # fmt: skip
def test_leaves_what_is_no_key(text: bytes) -> None:
    assert list(find(text)) == []


def test_putty_and_openpgp() -> None:
    lines = base64.b64encode(bytes(range(48)))
    putty = (
        b"PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: %s\nComment: x\nPrivate-Lines: 1\n" + lines + b"\n"
    )
    assert [key.protected for key in find(putty % b"none")] == [False]
    assert [key.protected for key in find(putty % b"aes256-cbc")] == [True]
    armour = (
        b"-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: x\n\n%s\n=abcd\n-----END PGP PRIVATE KEY BLOCK-----"
    )
    assert [key.kind for key in find(armour % base64.b64encode(b"\x95" + bytes(59)))] == [
        "OpenPGP private key"
    ]
    assert list(find(armour % base64.b64encode(b"\x99" + bytes(59)))) == []  # a public key packet


def test_bounded() -> None:
    with pytest.raises(TooLarge, match="over 2000 private key blocks"):
        list(find(b"-----BEGIN PRIVATE KEY-----\n" * (private_keys.MAX_BLOCKS + 1)))


@given(st.data())
def test_damage_never_escapes(data: st.DataObject) -> None:
    name, form = data.draw(st.sampled_from(FORMS))
    broken = bytearray(pem(KEYS[name], form))
    for _ in range(data.draw(st.integers(1, 4))):
        broken[data.draw(st.integers(28, len(broken) - 30))] = data.draw(st.sampled_from(b"ABCxyz019+/=\n"))
    assert len(list(find(bytes(broken)))) <= 1


@given(st.binary(max_size=300), st.sampled_from(["RSA ", "EC ", "DSA ", "OPENSSH ", "ENCRYPTED ", ""]))
def test_random_content_is_no_key(body: bytes, label: str) -> None:
    text = f"-----BEGIN {label}PRIVATE KEY-----\n{base64.b64encode(body).decode()}\n-----END {label}PRIVATE KEY-----"
    assert list(find(text.encode())) == []
