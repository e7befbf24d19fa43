"""Damaged results, receipts and trust roots: each reader says in one line what is wrong, and believes nothing of it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.scenario.conftest import Assay
from tests.scenario.hostile.conftest import ESCAPES, plain, refused
from tests.support.json_edit import edited, put

Trial = Callable[[], Path]

DAMAGE = [
    pytest.param(lambda _: b"", "JSON ends before its first value", id="empty"),
    pytest.param(lambda data: data[: len(data) // 2], "JSON ends after", id="cut in half"),
    pytest.param(lambda _: b"[" * 100_000, "deep", id="deeply nested"),
    pytest.param(lambda data: data.replace(b"{", b'{"a":1,"a":2,', 1), "twice", id="a key twice"),
    pytest.param(lambda data: data.replace(b'"', b'"\xff', 1), "UTF-8", id="not UTF-8"),
    pytest.param(lambda data: data.decode().encode("utf-16"), "UTF-8", id="UTF-16"),
    pytest.param(lambda data: b"\xef\xbb\xbf" + data, "byte order mark", id="byte order mark"),
    pytest.param(lambda data: data + b"{}", "malformed", id="more after the end"),
    pytest.param(lambda _: b'{"payloadType": NaN}', "malformed", id="not a number"),
]


@pytest.mark.parametrize(("damage", "fragment"), DAMAGE)
def test_damaged_files(assay: Assay, trial: Trial, damage: Callable[[bytes], bytes], fragment: str) -> None:
    out = trial()
    pinned = ("--trust", out.parent / "lantern" / ".assay" / "trust.json")
    for name in ("result.dsse.json", "receipt.json", "trust.json"):
        whole = (out / name).read_bytes()
        (out / name).write_bytes(damage(whole))
        assert (out / name).read_bytes() != whole
        if name == "trust.json":
            refused(assay("verify", out / "bundle", "--trust", out / name), name, fragment)
            refused(assay("trust", "add", out / name), name, fragment)
            continue
        ran = assay("verify", out / name, *pinned)
        assert (ran.code, "FAILS" in ran.out, "holds" in ran.out) == (2, True, False), ran.out
        assert fragment in ran.out
        refused(assay("explain", out / name), fragment)
        refused(assay("replay", out / name), fragment)


@pytest.mark.parametrize(
    ("name", "pointer", "value", "fragment"),
    [
        pytest.param("result.dsse.json", "/signatures/0/sig", "AAAA", "signatures[0]", id="forged result"),
        pytest.param("result.dsse.json", "/signatures", [], "carries no signature", id="unsigned result"),
        pytest.param("result.dsse.json", "/payloadType", "text/plain", "text/plain", id="result of another type"),
        pytest.param("receipt.json", "/leaf_index", 0, "", id="receipt of another entry"),
        pytest.param("receipt.json", "/proof/0", "AAAA", "", id="proof of another length"),
    ],
)  # fmt: skip
def test_forged_files(
    assay: Assay, trial: Trial, name: str, pointer: str, value: object, fragment: str
) -> None:
    out = trial()
    data = (out / name).read_bytes()
    (out / name).write_bytes(edited(data, put(pointer, value)))
    ran = assay("verify", out / name)
    assert (ran.code, "FAILS" in ran.out) == (2, True), ran.out
    assert fragment in ran.out


def test_a_receipt_of_another_result_does_not_hold(assay: Assay, project: Path) -> None:
    one = assay("trial", project, "--json").json()
    two = assay("trial", project, "--json").json()
    ran = assay("verify", one["result"], two["receipt"], cwd=project)
    assert ran.code == 2
    assert "which is none of the files given" in ran.out


def test_nothing_in_a_verdict_or_a_file_name_steers_the_terminal(assay: Assay, trial: Trial) -> None:
    out = trial()
    checked = Path(assay("check", out / "bundle", "--json").json()["result"])
    verdict = edited(
        checked.read_bytes(),
        put("/product", ESCAPES),
        put("/provider", ESCAPES),
        put("/claims/0/title", ESCAPES),
        put("/claims/0/reason", ESCAPES),
        put("/claims/0/findings/0/message", ESCAPES),
        put("/claims/0/findings/0/at", ESCAPES),
    )
    named = out / f"{ESCAPES.replace('/', '')}.json"
    named.write_bytes(verdict)
    told = assay("explain", named)
    assert (told.code, plain(told.out)) == (0, True), told.err
    assert plain(assay("explain", named, "--json").out)
    failed = assay("verify", named)
    assert (failed.code, plain(failed.out + failed.err)) == (2, True)
    assert plain(assay("verify", named, "--json").out)
    refused(assay("explain", out / "receipt.json", ESCAPES))
    refused(assay("verify", ESCAPES))
