"""``assay search`` in an office on this machine: hits that a stranger can verify."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.scenario.conftest import Assay

from assay.register.receipt import Receipt
from assay.trust.root import TrustRoot


def receipt_of(said: dict[str, Any], hit: dict[str, Any]) -> Receipt:
    fields = {name: hit[name] for name in ("index", "leaf", "proof", "openings")}
    head = {
        "format": "assay-receipt",
        "version": 1,
        "origin": said["origin"],
        "checkpoint": said["checkpoint"],
    }
    return Receipt.parse(json.dumps({**head, **fields}).encode())


def test_finds_and_proves(assay: Assay, project: Path) -> None:
    (project / "assay.toml").write_text('[provider]\nname = "Lighthouse Works (fictional)"\n')
    made = assay("trial", project, "--json")
    assert made.code in {0, 1, 3}, made.err
    release = made.json()["release"]
    home = project / ".assay"
    trust = TrustRoot.parse((home / "trust.json").read_bytes())

    everything = assay("search", "--office", home, "--json")
    assert everything.code == 0, everything.err
    said = everything.json()
    assert (said["as_of"], said["after"], said["omissions_proven"]) == (5, None, False)
    assert [hit["kind"] for hit in said["hits"]] == [
        "genesis", "submission", "completeness", "determination", "publication",
    ]  # fmt: skip
    log = trust.log(said["origin"])
    assert log is not None
    shown = [receipt_of(said, hit).verify(log.keys) for hit in said["hits"]]
    provider = shown[1].values["provider"]
    assert provider == "Lighthouse Works (fictional)"
    assert (home / "office/search.sqlite").stat().st_mode & 0o777 == 0o600

    def hits(*arguments: str) -> list[int]:
        ran = assay("search", "--office", home, "--json", *arguments)
        assert ran.code == 0, ran.err
        return [hit["index"] for hit in ran.json()["hits"]]

    subject = shown[1].values["subject"].split()[0]
    assert hits("--provider", provider) == [1, 2, 3, 4]
    assert hits("--digest", subject.removeprefix("sha256:"), "--kind", "publication") == [4]
    assert hits("--product", f"{release['name']}@{release['version']}", "--provider", provider) == [
        1,
        2,
        3,
        4,
    ]
    assert hits("--product", release["name"], "--kind", "submission") == [1]
    assert hits("--product", f"{release['name']}@0.0.77") == []
    assert hits("--provider", "Nobody (fictional)") == []

    page = assay("search", "--office", home, "--provider", provider, "--limit", "2")
    assert "as of 5 entries" in page.out
    assert "there is more: --after 2" in page.out
    assert "that nothing was left out is not" in page.out
    proven = assay("search", "--office", home, "--after", "3", "--proofs")
    assert "proof of entry 4:" in proven.out

    # The index is nobody's truth.
    (home / "office/search.sqlite").write_bytes(b"no database, but long enough to be taken for one" * 30)
    assert hits("--provider", provider) == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(("--kind", "nothing"), "--kind is 'nothing', expected one of genesis, ", id="kind"),
        pytest.param(("--digest", "abc"), "--digest is not 64 lower-case", id="digest"),
        pytest.param(("--since", "yesterday"), "--since 'yesterday' is not an RFC 3339", id="time"),
    ],
)
def test_refuses(assay: Assay, tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    ran = assay("search", "--office", tmp_path, *arguments)
    assert ran.code == 2
    assert message in ran.err


def test_is_no_office(assay: Assay, tmp_path: Path) -> None:
    ran = assay("search", "--office", tmp_path)
    assert ran.code == 3
    assert "is no office: office.sqlite is missing" in ran.err
    assert list(tmp_path.iterdir()) == []
