"""The packed example documents, by path."""

import json
from functools import cache
from pathlib import Path

import zstandard
from tests.support.shared import shared


@cache
def _unpacked(path: Path) -> dict[str, bytes]:
    with path.open("rb") as file:
        lines = zstandard.ZstdDecompressor().stream_reader(file).read().splitlines()
    rows = [json.loads(line) for line in lines]
    return {row["path"]: row["text"].encode() for row in rows}


def bom_examples() -> dict[str, bytes]:
    """60 documents of CycloneDX/bom-examples; skips where the shared data is absent."""
    return _unpacked(shared("conformance", "bom-examples", "bom-examples.jsonl.zst"))
