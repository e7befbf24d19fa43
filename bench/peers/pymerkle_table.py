"""Run by the peer's own interpreter: the table of ``bench/register.py`` for pymerkle on its SQLite backend, as it comes.

    pymerkle_table.py FOLDER ENTRIES ONE BULK PROOFS

ENTRIES: hexadecimal, one a line. ONE of them are appended one by one, the others in batches of BULK. Prints JSON.
"""

import json
import random
import statistics
import sys
import time
from pathlib import Path

from pymerkle import SqliteTree, verify_consistency, verify_inclusion


def timed(call, *arguments):
    start = time.perf_counter()
    result = call(*arguments)
    return time.perf_counter() - start, result


def main() -> None:
    folder, one, bulk, proofs = Path(sys.argv[1]), int(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5])
    entries = [bytes.fromhex(line) for line in Path(sys.argv[2]).read_text().split()]
    tree = SqliteTree(str(folder / "pymerkle.sqlite"))
    each = [timed(tree.append_entry, entry)[0] for entry in entries[:one]]
    rest = entries[one:]
    batches = [timed(tree.append_entries, rest[at : at + bulk])[0] for at in range(0, len(rest), bulk)]
    size = tree.get_size()
    assert size == len(entries)
    root = tree.get_root()
    choose = random.Random(1)
    inclusion, consistency = [], []
    for number in range(2 * proofs):
        index, old = choose.randrange(size) + 1, choose.randrange(1, size)
        seconds, proof = timed(tree.prove_inclusion, index, size)
        verify_inclusion(tree.get_leaf(index), root, proof)
        if number >= proofs:  # the first half warms the cache
            inclusion.append(seconds)
        seconds, proof = timed(tree.prove_consistency, old, size)
        verify_consistency(tree.get_root(old), root, proof)
        if number >= proofs:
            consistency.append(seconds)
    print(
        json.dumps(
            {
                "append_p50_ms": statistics.median(each) * 1e3,
                "appends_per_s": one / sum(each),
                "bulk_per_s": len(rest) / sum(batches),
                "inclusion_ms": statistics.median(inclusion) * 1e3,
                "consistency_ms": statistics.median(consistency) * 1e3,
                "size": size,
                "bytes_per_entry": sum(one.stat().st_size for one in folder.iterdir()) / size,
            }
        )
    )


if __name__ == "__main__":
    main()
