"""Packages: one signed manifest over everything, and `assay verify` finds every way in which one is not what was signed."""

import io
import json
import tarfile
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support import offices
from tests.support.damage import damaged
from tests.support.packages import Case, case
from tests.support.register import log, receipt

from assay.bootstrap.answer import Answer
from assay.bootstrap.verify import verify_files
from assay.errors import Malformed
from assay.formats import package as wire
from assay.formats import tar_archive
from assay.formats.digest import Digest
from assay.formats.dsse import Envelope
from assay.office.package import Document
from assay.trust.envelope import sign
from assay.trust.root import TrustRoot


@cache
def the_case() -> Case:
    return case()


@cache
def whole() -> bytes:
    return the_case().package()


def contents(data: bytes) -> dict[str, bytes]:
    archive = tar_archive.read(data, what="package")
    return {entry.path: archive.read(entry.path) for entry in archive.entries}


def signed(
    files: Mapping[str, bytes],
    change: Callable[[Any], None] = lambda _: None,
    keys: Any = offices.OFFICE_KEYS,
) -> bytes:
    """*files* under a manifest of the right digests, signed again."""
    manifest = json.loads(files[wire.MANIFEST])
    for row in manifest["files"]:
        if row["path"] in files:
            row["digest"] = str(Digest.sha256(files[row["path"]]))
            row["size"] = len(files[row["path"]])
    change(manifest)
    payload = (json.dumps(manifest, indent=2, ensure_ascii=False) + "\n").encode()
    return tar_archive.write(
        {**files, wire.MANIFEST: payload, wire.SIGNED: sign(wire.PAYLOAD_TYPE, payload, keys).encode()}
    )


def verified(tmp_path: Path, data: bytes, trust: TrustRoot | None = None) -> Answer:
    (tmp_path / "case.tar").write_bytes(data)
    (tmp_path / "trusted.json").write_bytes((trust or offices.trust()).encode())
    (answer,) = verify_files([tmp_path / "case.tar"], tmp_path / "trusted.json")
    return answer


def test_verify_accepts_it(tmp_path: Path) -> None:
    answer = verified(tmp_path, whole())
    assert (answer.holds, answer.kind, answer.reason) == (True, "package", "")
    assert answer.says == (
        "a referral package of Test office (fictional) about lantern 2.1.0; signed by 'office' with ed25519 and ml-dsa-65; "
        "7 files match their digests, 2 receipts hold"
    )


def test_the_manifest_says_what_is_inside() -> None:
    found = wire.read(whole())
    assert found.manifest.files[0].kind == "artifact"
    assert [file.path for file in found.manifest.files] == sorted(found.files)
    assert found.files["trust.json"] == offices.trust().encode()
    assert found.manifest.attestation == str(the_case().state.payload)
    assert Digest.sha256(offices.WHEEL) in found.named()


def test_any_tar_reader_opens_it() -> None:
    with tarfile.open(fileobj=io.BytesIO(whole()), mode="r:") as opened:
        assert opened.getnames()[:2] == [wire.MANIFEST, wire.SIGNED]
        member = opened.extractfile(wire.MANIFEST)
        assert member is not None
        assert json.load(member)["purpose"] == "referral"


def test_all_but_the_signatures_is_the_same_each_time() -> None:
    again = contents(the_case().package())
    first = contents(whole())
    assert {path: data for path, data in again.items() if path != wire.SIGNED} == {
        path: data for path, data in first.items() if path != wire.SIGNED
    }
    envelope = Envelope.parse(first[wire.SIGNED])
    files = {path: data for path, data in first.items() if path not in (wire.MANIFEST, wire.SIGNED)}
    assert wire.write(envelope, files) == whole()


def without(path: str) -> Callable[[dict[str, bytes]], dict[str, bytes]]:
    return lambda files: {name: data for name, data in files.items() if name != path}


def moved(files: dict[str, bytes]) -> dict[str, bytes]:
    names = [*files]
    return {name: files[name] for name in [*names[:2], *reversed(names[2:])]}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param(lambda files: files | {"trust.json": b"{}"}, "trust.json has 2 bytes", id="a file changed"),
        pytest.param(without("trust.json"), "trust.json is in the manifest and not in the archive", id="a file gone"),
        pytest.param(lambda files: files | {"x.txt": b""}, "x.txt is not in the manifest", id="a file more"),
        pytest.param(moved, "not in the order of the manifest", id="another order"),
        pytest.param(without(wire.SIGNED), "does not begin with MANIFEST.json and MANIFEST.dsse.json", id="no signature"),
        pytest.param(
            lambda files: files | {wire.MANIFEST: files[wire.MANIFEST].replace(b"referral", b"evidence")},
            "MANIFEST.json is not the text that MANIFEST.dsse.json signs",
            id="another manifest",
        ),
    ],
)  # fmt: skip
def test_what_was_changed_afterwards(
    tmp_path: Path, change: Callable[[dict[str, bytes]], dict[str, bytes]], said: str
) -> None:
    answer = verified(tmp_path, tar_archive.write(change(contents(whole()))))
    assert answer.holds is False
    assert said in answer.reason


def retitled(manifest: Any) -> None:
    manifest["files"][0]["path"] = "../up"


def reordered(manifest: Any) -> None:
    manifest["files"].reverse()


def relabelled(manifest: Any) -> None:
    for row in manifest["files"]:
        if row["kind"] == "result":
            row["kind"] = "receipt"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param(retitled, "path '../up' is not plain names", id="path upwards"),
        pytest.param(reordered, "files are not in order of path", id="order"),
        pytest.param(lambda one: one.update(more=1), "unknown field `more`", id="unknown field"),
        pytest.param(lambda one: one.update(format="urn:assay:package:2"), "has format 'urn:assay:package:2'", id="version"),
        pytest.param(lambda one: one.update(made="2026-11-01T13:00:00+01:00"), "not in its one spelling", id="time"),
        pytest.param(relabelled, "documents/result.dsse.json is a result, expected a receipt", id="kind"),
    ],
)  # fmt: skip
def test_a_signed_manifest_that_is_none(tmp_path: Path, change: Callable[[Any], None], said: str) -> None:
    answer = verified(tmp_path, signed(contents(whole()), change))
    assert answer.holds is False
    assert said in answer.reason


def test_somebody_else_signed(tmp_path: Path) -> None:
    answer = verified(tmp_path, signed(contents(whole()), keys=offices.PROVIDER_KEYS))
    assert answer.holds is False
    assert "MANIFEST.dsse.json: 'lighthouse' may sign as provider, not as office" in answer.reason


def test_without_a_trust_root_it_does_not_hold(tmp_path: Path) -> None:
    answer = verified(tmp_path, whole(), TrustRoot())
    assert answer.holds is False
    assert "was made by no key of the trust root" in answer.reason


def test_a_receipt_that_does_not_hold(tmp_path: Path) -> None:
    files = contents(whole())
    broken = json.loads(files["receipts/submission.json"])
    broken["index"] = 2
    files["receipts/submission.json"] = json.dumps(broken).encode()
    answer = verified(tmp_path, signed(files))
    assert answer.holds is False
    assert answer.reason.startswith("receipts/submission.json: ")


def test_a_receipt_of_a_register_that_nobody_trusts(tmp_path: Path) -> None:
    other = receipt(3, log(9)).encode()
    answer = verified(tmp_path, the_case().package(receipts={**the_case().receipts, "other.json": other}))
    assert answer.holds is False
    assert answer.reason.startswith("receipts/other.json: ")


def test_a_receipt_of_a_document_that_is_not_there_unless_it_is_withheld(tmp_path: Path) -> None:
    documents = [one for one in the_case().documents if one.kind != "result"]
    answer = verified(tmp_path, the_case().package(documents=documents))
    assert answer.holds is False
    assert "receipts/publication.json records" in answer.reason
    assert "neither has nor says that it withholds" in answer.reason
    (result,) = (one for one in the_case().documents if one.kind == "result")
    withheld = [(Envelope.parse(result.data).identity, "not posted yet")]
    answer = verified(tmp_path, the_case().package(documents=documents, withheld=withheld))
    assert answer.holds is True
    assert "1 documents are withheld" in answer.says


def without_provider() -> TrustRoot:
    root = offices.trust()
    return msgspec.structs.replace(root, signers=tuple(one for one in root.signers if one.name == "office"))


def test_the_provider_need_not_be_known(tmp_path: Path) -> None:
    answer = verified(tmp_path, whole(), without_provider())
    assert answer.holds is True
    assert (
        "documents/attestation.dsse.json: signatures[0] was made by no key of the trust root" in answer.says
    )


def test_a_result_that_does_not_hold(tmp_path: Path) -> None:
    files = contents(whole())
    envelope = Envelope.parse(files["documents/result.dsse.json"])
    files["documents/result.dsse.json"] = sign(
        envelope.payload_type, envelope.payload, offices.PROVIDER_KEYS
    ).encode()
    answer = verified(tmp_path, signed(files))
    assert answer.holds is False
    assert answer.reason.startswith("documents/result.dsse.json: ")


def test_a_result_whose_keys_ended_holds_as_of_its_receipt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = offices.trust()
    ended = offices.NOW + timedelta(days=1)
    newer = offices.pair("office, later")
    office = root.signer("office")
    assert office is not None
    keys = tuple(msgspec.structs.replace(key, valid_until=ended) for key in office.keys)
    later = tuple(
        msgspec.structs.replace(key, public=secret.public, valid_from=ended)
        for key, secret in zip(office.keys, newer, strict=True)
    )
    renewed = msgspec.structs.replace(office, keys=keys + later)
    trust = msgspec.structs.replace(
        root, signers=tuple(renewed if one is office else one for one in root.signers)
    )
    monkeypatch.setenv("ASSAY_NOW", "2026-12-24T00:00:00Z")
    answer = verified(tmp_path, signed(contents(whole()), keys=newer), trust)
    assert (answer.reason, answer.holds) == ("", True)
    files = contents(whole())
    del files["receipts/publication.json"]
    answer = verified(
        tmp_path,
        signed(
            files,
            lambda one: one["files"].remove(next(r for r in one["files"] if "publication" in r["path"])),
            newer,
        ),
        trust,
    )
    assert answer.holds is False


def test_two_files_of_one_path_are_our_bug() -> None:
    twice = [*the_case().documents, Document("trust.json", "other", b"")]
    with pytest.raises(ValueError, match="two files of a package have one path"):
        the_case().package(documents=twice)


@pytest.mark.parametrize("path", ["/etc/x", "a//b", ".hidden", "a b", "MANIFEST.json", "a" * 101, "é"])
def test_paths_that_are_no_plain_names_are_our_bug(path: str) -> None:
    with pytest.raises(ValueError, match="not a manifest"):
        the_case().package(documents=[*the_case().documents, Document(path, "other", b"")])


@settings(max_examples=60)
@given(st.data())
def test_no_change_reaches_what_is_said(data: st.DataObject) -> None:
    """Signatures are not of the reading: a change of them alone is found by verifying."""
    found = opened(data.draw(damaged(whole())))
    assert found in (None, opened(whole()))


def opened(data: bytes) -> tuple[bytes, Mapping[str, bytes]] | None:
    try:
        found = wire.read(data)
    except Malformed:
        return None
    return found.envelope.payload, found.files
