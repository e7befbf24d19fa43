"""Hostile bundles at the door of an office: one clear line, exit 2 or 3, and nothing that was accepted is lost."""

import base64
import io
import json
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.scenario.conftest import Assay, program
from tests.support.offices import OFFICE_KEYS, PROVIDER_KEYS, bundle, trust

from assay.adapters import bundles
from assay.adapters.home import Home
from assay.adapters.sql.ledger import SqlLedger
from assay.formats.bundle import to_files

Files = dict[str, bytes]
ENVELOPE = "attestation.dsse.json"


def envelope(change: Callable[[dict[str, Any]], None]) -> Callable[[Files], None]:
    def apply(files: Files) -> None:
        document = json.loads(files[ENVELOPE])
        change(document)
        files[ENVELOPE] = json.dumps(document).encode()

    return apply


def raw(change: Callable[[bytes], bytes]) -> Callable[[Files], None]:
    def apply(files: Files) -> None:
        files[ENVELOPE] = change(files[ENVELOPE])

    return apply


def payload(change: Callable[[bytes], bytes]) -> Callable[[Files], None]:
    return envelope(
        lambda e: e.update(payload=base64.b64encode(change(base64.b64decode(e["payload"]))).decode())
    )


def an_artifact(files: Files) -> str:
    return next(name for name in sorted(files) if name.startswith("artifacts/"))


def other_bytes(files: Files) -> None:
    files[an_artifact(files)] += b"!"


def nobody_named(files: Files) -> None:
    from assay.formats.digest import Digest

    files[f"artifacts/sha256/{Digest.sha256(b'x').value}"] = b"x"


def replayed(files: Files) -> None:
    other = json.loads(bundle(serial=7).envelope)
    document = json.loads(files[ENVELOPE])
    document["signatures"] = other["signatures"]
    files[ENVELOPE] = json.dumps(document).encode()


ROWS = [
    pytest.param(raw(lambda data: data[:-20]), "attestation.dsse.json", id="truncated"),
    pytest.param(raw(lambda data: b"[" * 100_000), "deep", id="deeply nested"),
    pytest.param(
        raw(lambda data: data.replace(b"{", b'{"payloadType":"x",', 1)), "twice", id="duplicate key"
    ),
    pytest.param(raw(lambda data: data.replace(b"payloadType", b"payloadTyp\xff")), "UTF-8", id="not UTF-8"),
    pytest.param(raw(lambda data: b"\xef\xbb\xbf" + data), "byte order mark", id="byte order mark"),
    pytest.param(envelope(lambda e: e.update(signatures=[])), "carries no signature", id="no signature"),
    pytest.param(envelope(lambda e: e["signatures"].pop()), "ml-dsa-65", id="one signature of two"),
    pytest.param(
        envelope(lambda e: e["signatures"].append(e["signatures"][0])), "signatures[", id="a signature twice"
    ),
    pytest.param(
        envelope(lambda e: e["signatures"][0].update(sig="AAAA")),
        "signatures[0]",
        id="a signature of three bytes",
    ),
    pytest.param(
        payload(lambda data: data.replace(b"lantern", b"lintern")),
        "signatures[0]",
        id="payload changed after signing",
    ),
    pytest.param(payload(lambda data: data[:-1]), "attestation", id="payload truncated"),
    pytest.param(payload(lambda data: b"{}"), "attestation", id="payload is no statement"),
    pytest.param(replayed, "signatures[0]", id="signatures replayed from another payload"),
    pytest.param(other_bytes, "has SHA-256", id="artifact with other bytes"),
    pytest.param(nobody_named, "is not named in the attestation", id="artifact nobody named"),
    pytest.param(lambda files: files.pop(ENVELOPE), "has no attestation.dsse.json", id="no attestation"),
    pytest.param(lambda files: files.update({"notes.txt": b"x"}), "notes.txt", id="a foreign file"),
    pytest.param(
        lambda files: files.update({"customers.json": b"{"}), "customers.json", id="customer list is no JSON"
    ),
]


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An office that trusts the fictional provider and has accepted one submission."""
    folder = tmp_path_factory.mktemp("founded")
    Home(folder / "office").save_trust(trust())
    bundles.write(folder / "first", bundle(serial=1))
    ran = program(folder)("submit", "first", "--office", "office")
    assert ran.code in (0, 1, 3), ran.err
    return folder / "office"


@pytest.fixture
def office(founded: Path, tmp_path: Path) -> Path:
    """One of this test's own."""
    shutil.copytree(founded, tmp_path / "office")
    return tmp_path / "office"


def kept(office: Path) -> tuple[int, list[str]]:
    ledger = SqlLedger.sqlite(office / "office" / "office.sqlite")
    found = ledger.head().edge.size, [one.state for one in ledger.submissions()]
    ledger.close()
    return found


def refused(assay: Assay, office: Path, path: str, fragment: str) -> None:
    before = kept(office)
    ran = assay("submit", path, "--office", "office")
    assert ran.code in (2, 3), (ran.code, ran.out, ran.err)
    assert fragment in ran.err
    assert len(ran.err.strip().splitlines()) == 1, ran.err
    assert kept(office) == before == (5, ["published"])


@pytest.mark.parametrize(("change", "fragment"), ROWS)
def test_a_hostile_bundle_is_refused(
    assay: Assay, office: Path, tmp_path: Path, change: Callable[[Files], Any], fragment: str
) -> None:
    files = to_files(bundle(serial=2))
    honest = dict(files)
    change(files)
    assert files != honest
    for name, data in files.items():
        path = tmp_path / "bad" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    refused(assay, office, "bad", fragment)


def test_keys_of_two_signers_are_refused(assay: Assay, office: Path, tmp_path: Path) -> None:
    bundles.write(tmp_path / "bad", bundle(serial=2, keys=(PROVIDER_KEYS[0], OFFICE_KEYS[1])))
    refused(assay, office, "bad", "signatures")


def test_a_duplicate_is_refused_however_it_is_written(assay: Assay, office: Path, tmp_path: Path) -> None:
    again = bundle(serial=1)
    document = json.loads(again.envelope)
    document["payload"] = document["payload"].replace("+", "-").replace("/", "_")
    files = {**to_files(again), ENVELOPE: json.dumps(document).encode()}
    for name, data in files.items():
        path = tmp_path / "bad" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    refused(assay, office, "bad", "was submitted before")


@pytest.mark.parametrize(
    ("name", "kind", "fragment"),
    [
        pytest.param("../escape", tarfile.REGTYPE, "escape", id="path traversal"),
        pytest.param("/etc/escape", tarfile.REGTYPE, "escape", id="absolute path"),
        pytest.param("artifacts/link", tarfile.SYMTYPE, "link", id="symbolic link"),
        pytest.param("artifacts/pipe", tarfile.FIFOTYPE, "pipe", id="pipe"),
    ],
)
def test_a_hostile_tar_is_refused(
    assay: Assay, office: Path, tmp_path: Path, name: str, kind: bytes, fragment: str
) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for path, data in to_files(bundle(serial=2)).items():
            member = tarfile.TarInfo(path)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
        member = tarfile.TarInfo(name)
        member.type, member.linkname = kind, "/etc/passwd"
        archive.addfile(member)
    (tmp_path / "bad.tar").write_bytes(out.getvalue())
    refused(assay, office, "bad.tar", fragment)


def test_a_hostile_artifact_never_stops_the_office(assay: Assay, project: Path) -> None:
    (project / "dist" / "lantern-2.1.0-py3-none-any.whl").write_bytes(b"PK\x03\x04 truncated")
    (project / "junit.xml").write_bytes(
        b'<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;&b;">]><testsuite name="&c;" tests="1"/>'
    )
    (project / "bom.json").write_bytes(b'{"bomFormat":' + b"[" * 5000)
    ran = assay("trial", project, "--json")
    assert ran.code in (1, 3), ran.err
    rows = [finding for row in ran.json()["claims"] for finding in row["findings"]]
    assert any("could not be read" in one["message"] and one["outcome"] == "unknown" for one in rows)
    assert not [one for one in rows if one["check"].startswith("sbom-") and one["outcome"] == "satisfied"]
