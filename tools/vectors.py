"""Write the test vectors that are published with the documentation (docs/vectors), for other implementations to run.

    python tools/vectors.py            write them
    python tools/vectors.py --check    exit 1 when a file is not what would be written, or a signature does not verify

Everything is computed from labels but the ML-DSA signatures: the library signs with fresh randomness (FIPS 204's hedged
variant) and cannot be told otherwise. They are kept in signatures.json, verified on every run, and made only where one is missing.
"""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tools.vector_sets import checkpoints, cosignatures, draws, receipts, rotation  # noqa: E402 - the path is set above
from tools.vector_sets.signing import Table  # noqa: E402

FOLDER = ROOT / "docs" / "vectors"
SIGNATURES = "signatures.json"
SETS = {
    "checkpoints": checkpoints.build,
    "cosignatures": cosignatures.build,
    "rotation": rotation.build,
    "cose-receipts": receipts.build,
    "draws": draws.build,
}


def vectors(*, may_sign: bool) -> dict[str, bytes]:
    """Every file by name. LookupError when a signature is missing that may not be made, ValueError when one is wrong."""
    path = FOLDER / SIGNATURES
    table = Table(json.loads(path.read_bytes()) if path.exists() else [], may_sign=may_sign)
    made = {f"{name}.json": _json(build(table)) for name, build in SETS.items()}
    return {**made, SIGNATURES: _json(table.used())}


def _json(value: object) -> bytes:
    return json.dumps(value, indent=1, ensure_ascii=False).encode() + b"\n"


def main() -> int:
    check = "--check" in sys.argv[1:]
    try:
        made = vectors(may_sign=not check)
    except (LookupError, ValueError) as error:
        print(f"docs/vectors: {error}", file=sys.stderr)
        return 1
    found = {path.name: path.read_bytes() for path in FOLDER.glob("*.json")}
    if check:
        stale = sorted(name for name in {*made, *found} if made.get(name) != found.get(name))
        if stale:
            print(f"not current, run python tools/vectors.py: {', '.join(stale)}", file=sys.stderr)
        return 1 if stale else 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, data in made.items():
        (FOLDER / name).write_bytes(data)
    return 0


if __name__ == "__main__":
    sys.exit(main())
