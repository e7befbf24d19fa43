"""Real checkpoints of a tiled log; no ML-DSA-44 vectors exist, so only the Ed25519 half is proven here."""

import pytest
from tests.support.shared import shared

from assay.errors import Untrusted
from assay.formats.note import Note, Vkey
from assay.register import checkpoint
from assay.register.identity import LogKeys

VKEY = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"
KEYS = LogKeys.from_vkeys("example.com/log/testdata", [Vkey.parse(VKEY)])


def test_all_checkpoints_of_the_tiled_log() -> None:
    folder = shared("conformance", "tessera-log")
    notes = {path.name: path.read_bytes() for path in folder.glob("checkpoint*")}
    assert len(notes) == 17
    found = {name: checkpoint.open_(note, KEYS, required=("ed25519",)) for name, note in notes.items()}
    assert {name: one.checkpoint.size for name, one in found.items()} == {
        "checkpoint": 15, **{f"checkpoint.{size}": size for size in range(16)}
    }  # fmt: skip
    for name, note in notes.items():
        assert Note.parse(note).encode() == note
        with pytest.raises(Untrusted, match="lacks a signature by ml-dsa-44"):
            checkpoint.open_(note, KEYS)
        size = found[name].checkpoint.size
        edited = note.replace(f"\n{size}\n".encode(), f"\n{size + 1}\n".encode())
        with pytest.raises(Untrusted, match="does not verify"):
            checkpoint.open_(edited, KEYS, required=("ed25519",))
