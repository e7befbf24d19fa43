"""Cosignatures and verifier keys that other implementations made."""

import base64
from pathlib import Path

import pytest

from assay.errors import Malformed
from assay.formats.note import NoteSignature, Vkey
from assay.register.cosignature import Cosigner, cosigned_message

VECTORS = Path(__file__).parent / "vectors"


def test_an_ml_dsa_44_signature_over_a_subtree() -> None:
    """Made by filippo.io/torchwood, published among the tests of github.com/transparency-dev/formats."""
    vkey, line = (VECTORS / "torchwood-subtree.txt").read_text().splitlines()
    cosigner, signature = Cosigner.parse(vkey), NoteSignature.parse(line)
    assert signature.by(cosigner.vkey)
    assert cosigner.vkey.encode() == vkey
    assert signature.encode() == line
    assert signature.signature[:8] == bytes(8)  # of a subtree that does not begin at 0
    root = base64.b64decode("E7ERCtFloiK1fdb+B6/dLG0pM1nmIR0ETKBSauCjtVw=")

    def made(
        start: int = 8, end: int = 13, origin: str = "example.com/log", name: str = cosigner.name
    ) -> bool:
        message = cosigned_message(name, 0, origin, root, start=start, end=end)
        return cosigner.public.made(message, signature.signature[8:])

    assert made()
    assert not any(
        [made(start=7), made(end=14), made(origin="example.com/log2"), made(name="witness.example/w2")]
    )


def test_an_ed25519_verifier_key() -> None:
    """Of a public witness, from the same tests."""
    text = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"
    cosigner = Cosigner.parse(text)
    assert (cosigner.name, cosigner.public.algorithm) == ("remora.n621.de", "ed25519")
    assert cosigner.vkey.encode() == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("bananas.sigstore.dev+12344556", "not of the form"),
        ("rekor.sigstore.dev+12345678+THIS_IS_NOT_BASE64!", "not of the form"),
        ("rekor.sigstore.dev+12345678+AwEB", "says id 12345678"),
        ("remora.n621.de+00000000+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2", "says id 00000000"),
    ],
)
def test_verifier_keys_that_are_none(text: str, message: str) -> None:
    with pytest.raises(Malformed, match=message):
        Vkey.parse(text)
