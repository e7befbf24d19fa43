"""The programs in docs/guides/verify.md: at most 20 lines, nothing imported but what the page says, and they do what it says."""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support.register import KEYS, log, receipt, signed
from tests.support.shared import shared

from assay.formats import b64
from assay.register import merkle, tiles

GUIDES = Path(__file__).parents[2] / "docs" / "guides"
RECEIPT, OPENINGS, REGISTER = re.findall(
    r"```python\n(.*?)```", (GUIDES / "verify.md").read_text(encoding="utf-8"), re.DOTALL
)
LEAVES = log(9)
ALLOWED = {"base64", "hashlib", "json", "pathlib", "cryptography.hazmat.primitives.asymmetric"}


def run(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", "-W", "ignore", "-c", code],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def laid_out(folder: Path, found: dict[str, Any]) -> Path:
    (folder / "keys.txt").write_text("".join(f"{vkey.encode()}\n" for vkey in KEYS.vkeys), encoding="utf-8")
    (folder / "receipt.json").write_text(json.dumps(found), encoding="utf-8")
    return folder


def document(index: int = 3, size: int = 9) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(receipt(index, LEAVES[:size]).encode())
    return found


@pytest.mark.parametrize("code", [RECEIPT, REGISTER], ids=["receipt", "register"])
def test_a_program_is_short_and_imports_nothing_else(code: str) -> None:
    assert 10 < len(code.splitlines()) <= 20
    assert max(map(len, code.splitlines())) <= 120
    imported = {
        name
        for node in ast.walk(ast.parse(code))
        for name in (
            [node.module] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names] if isinstance(node, ast.Import) else []
        )
    }  # fmt: skip
    assert imported <= ALLOWED
    assert {"hashlib", "base64"} <= imported


@pytest.mark.parametrize(("index", "size"), [(0, 1), (0, 2), (1, 2), (3, 9), (8, 9), (4, 5), (6, 7), (2, 8)])
def test_a_receipt_holds(index: int, size: int, tmp_path: Path) -> None:
    ran = run(RECEIPT + OPENINGS, laid_out(tmp_path, document(index, size)))
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "outcome validated\n" in ran.stdout if index else "outcome \n" in ran.stdout


def flipped(text: str) -> str:
    data = bytearray(b64.decode(text, what="field"))
    data[len(data) // 2] ^= 1
    return b64.encode(bytes(data))


def changed_note(at: int) -> Callable[[dict[str, Any]], None]:
    """Flip a bit in the signature on line *at* of the note."""

    def change(found: dict[str, Any]) -> None:
        lines = found["checkpoint"].split("\n")
        dash, name, blob = lines[at].split(" ")
        found["checkpoint"] = "\n".join([*lines[:at], f"{dash} {name} {flipped(blob)}", *lines[at + 1 :]])

    return change


def replaced(old: str, new: str) -> Callable[[dict[str, Any]], None]:
    def change(found: dict[str, Any]) -> None:
        assert old in found["checkpoint"]
        found["checkpoint"] = found["checkpoint"].replace(old, new, 1)

    return change


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda found: found.update(index=4), id="index"),
        pytest.param(lambda found: found.update(index=9), id="index past the end"),
        pytest.param(lambda found: found.update(index=-1), id="negative index"),
        pytest.param(lambda found: found.update(leaf=flipped(found["leaf"])), id="entry"),
        pytest.param(lambda found: found.update(leaf=document(4)["leaf"]), id="another entry"),
        pytest.param(lambda found: found["proof"].__setitem__(1, flipped(found["proof"][1])), id="path"),
        pytest.param(lambda found: found["proof"].pop(), id="short path"),
        pytest.param(lambda found: found["proof"].append(found["proof"][0]), id="long path"),
        pytest.param(changed_note(4), id="Ed25519 signature"),
        pytest.param(changed_note(5), id="ML-DSA-44 signature"),
        pytest.param(replaced("\n9\n", "\n8\n"), id="size"),
        pytest.param(replaced("3f9c", "3f9d"), id="another register"),
        pytest.param(lambda found: found.update(checkpoint=found["checkpoint"].rsplit("—", 1)[0]), id="no ML-DSA-44 signature"),
        pytest.param(lambda found: found["openings"][1].update(value="contradicted"), id="opened value"),
        pytest.param(lambda found: found["openings"][1].update(label="actor"), id="opened label"),
        pytest.param(
            lambda found: found["openings"][1].update(
                salt=b64.encode(b64.decode(found["openings"][1]["salt"], what="")[:-1]), value="x"
            ), id="short salt",
        ),
    ],
)  # fmt: skip
def test_a_tampered_receipt_does_not(change: Callable[[dict[str, Any]], None], tmp_path: Path) -> None:
    found = document()
    change(found)
    assert found != document()
    assert run(RECEIPT + OPENINGS, laid_out(tmp_path, found)).returncode == 1


def test_an_entry_that_the_register_recorded_but_did_not_write(tmp_path: Path) -> None:
    forged = LEAVES[2][:-64] + bytes(64)
    found = json.loads(receipt(2, [*LEAVES[:2], forged]).encode())
    ran = run(RECEIPT, laid_out(tmp_path, found))
    assert (ran.returncode, "InvalidSignature" in ran.stderr) == (1, True)


def written(folder: Path, leaves: list[bytes]) -> Path:
    root = merkle.root_of([merkle.leaf_hash(one) for one in leaves])
    (folder / "checkpoint").write_bytes(signed(len(leaves), root))
    for tile in tiles.tiles(len(leaves)):
        if tile.level == tiles.ENTRIES:
            path = folder / tile.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(tiles.encode_bundle(leaves[tile.index * 256 :][: tile.width]))
    return folder


@pytest.mark.parametrize("size", [0, 1, 2, 5, 255, 256, 257, 600])
def test_a_whole_register(size: int, tmp_path: Path) -> None:
    ran = run(REGISTER, written(tmp_path, [b"%d" % n * 3 for n in range(size)]))
    assert (ran.returncode, ran.stderr) == (0, "")


@pytest.mark.parametrize("at", [0, 257])
def test_a_register_with_one_changed_entry(at: int, tmp_path: Path) -> None:
    leaves = [b"%03d" % n for n in range(300)]
    written(tmp_path, leaves)
    tile = tiles.tile_in(300, tiles.ENTRIES, at // 256)
    assert tile
    path = tmp_path / tile.path
    path.write_bytes(path.read_bytes().replace(b"%03d" % at, b"xxx", 1))
    ran = run(REGISTER, tmp_path)
    assert (ran.returncode, "AssertionError" in ran.stderr) == (1, True)


def test_a_published_log(tmp_path: Path) -> None:
    """One that other software wrote."""
    folder = shared("conformance", "tessera-log")
    (checkpoint,) = folder.rglob("checkpoint")
    ran = run(REGISTER, checkpoint.parent)
    assert (ran.returncode, ran.stderr) == (0, "")


@pytest.mark.parametrize(
    "page",
    ["guides/verify", "formats/cose-receipt", "formats/scitt", "formats/tlog-proof", "formats/key-history"],
)
def test_links_lead_somewhere(page: str) -> None:
    path = GUIDES.parent / f"{page}.md"
    links = re.findall(r"\]\((?!https)([^)#]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))
    assert links
    assert [link for link in links if not (path.parent / link).exists()] == []
