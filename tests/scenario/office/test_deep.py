"""A drawn case is derived again: a bill that hides what the release carries is found, a true one is left alone."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.support import archives, deep, locks, services
from tests.support.deep import COMPONENTS, SOOT_LISTED, WITH_SOOT, bill, drawn
from tests.support.desks import OTHER_ORG, World, problem
from tests.support.services import officer, provider, tick

from assay.adapters.engine import this_engine
from assay.adapters.sql.cases import SqlCases
from assay.adapters.sql.forgetting import SqlForgetting
from assay.cli.app import run
from assay.errors import Refused
from assay.evidence import sbom
from assay.formats import rederivation
from assay.formats.case_documents import Determination, Judgement, parse
from assay.formats.digest import Digest
from assay.formats.rederivation import Difference
from assay.formats.result import read_result
from assay.office.bring import Brought
from assay.office.case import Case
from assay.office.deepen import again, found
from assay.office.deepen import bill as derived_bill
from assay.office.determine import Decision, decide_final, decide_initial, request_evidence
from assay.office.dossier import dossier
from assay.office.erase import erase
from assay.office.permission_table import Role
from assay.office.post import result_envelope
from assay.office.respond import supply, withdraw
from assay.office.service import Service


def said(one: Service, case: Case, *outcomes: str) -> list[Difference]:
    document = found(one, case)
    assert document is not None
    return [item for item in document.differences if item.outcome in (outcomes or ("not_satisfied",))]


def test_a_bill_that_hides_a_component() -> None:
    one = deep.service()
    case = drawn(one, WITH_SOOT, bill())
    assert (case.stage, case.waits, case.result) == ("deep_validation", "officer", "validated")
    (hidden,) = said(one, case)
    assert (hidden.what, hidden.at) == ("missing", "lantern/_vendor/soot-0.3.dist-info/METADATA")
    assert "carries 'soot' 0.3, which is not among the 3 components of lantern.cdx.json" in hidden.message
    assert "1 differences speak against" in case.because
    rows = {b.row.requirement: b for b in dossier(one, case).rows}
    assert rows[COMPONENTS].differences[0] == hidden
    assert hidden not in rows[services.DISCLOSURE].differences

    look = Decision(revision=case.revision)
    with pytest.raises(Refused, match="comes to 'contradicted', and the provider has not been heard"):
        decide_final(one, officer(one), case.payload, look)
    case = decide_initial(one, officer(one), case.payload, look)
    tick(one)
    determination = parse(one.office.blobs.get(case.initial), Determination)  # type: ignore[arg-type]
    assert (determination.result, determination.rederivation) == ("contradicted", str(case.rederivation))
    assert [(j.requirement, j.verdict) for j in determination.judgements] == [(COMPONENTS, "not_satisfied")]
    assert determination.judgements[0].reason.startswith("derived again from the release: ")


def test_a_person_who_looked_judges_otherwise() -> None:
    one = deep.service()
    case = drawn(one, WITH_SOOT, bill())
    right = Judgement(COMPONENTS, "satisfied", "soot is a data file of our own and no component")
    decide_final(one, officer(one), case.payload, Decision(revision=case.revision, judgements=(right,)))
    tick(one)
    case = one.case(case.payload)
    assert (case.stage, case.result) == ("published", "validated")
    result = read_result(result_envelope(one, case).payload)
    assert result.determination is not None
    assert result.determination.rederivation == str(case.rederivation)


def test_a_true_bill_is_left_alone_and_replays() -> None:
    one = deep.service()
    case = drawn(one, WITH_SOOT, bill(SOOT_LISTED))
    assert said(one, case) == []
    document = found(one, case)
    assert document is not None
    (release,) = document.releases
    derived = sbom.read(derived_bill(one, case, Digest.parse(release.bill)), name="derived")
    assert {part.name for part in derived.components} == {"soot", "wick"}
    made = again(one, case)
    assert Digest.sha256(made.document) == case.rederivation
    assert str(Digest.sha256(made.bills[0])) == release.bill
    assert rederivation.encode(rederivation.parse(made.document)) == made.document
    decide_final(one, officer(one), case.payload, Decision(revision=case.revision))
    tick(one)
    assert one.case(case.payload).result == "validated"
    with pytest.raises(Refused, match="no bill that was derived"):
        derived_bill(one, case, Digest.sha256(b"another"))


def test_another_version_and_another_hash() -> None:
    one = deep.service()
    older = SOOT_LISTED | {"version": "0.2", "purl": "pkg:pypi/soot@0.2"}
    changed = {
        "bom-ref": "file", "type": "file", "name": "lantern/__init__.py",
        "hashes": [{"alg": "SHA-256", "content": "ab" * 32}],
    }  # fmt: skip
    case = drawn(one, WITH_SOOT, bill(older, changed))
    assert sorted(item.what for item in said(one, case)) == ["hash", "version"]


def test_several_bills_share_a_release_among_them() -> None:
    one = deep.service()
    second = json.loads(bill(SOOT_LISTED)) | {"serialNumber": "urn:uuid:00000000-0000-4000-8000-00000000000b"}
    case = drawn(one, WITH_SOOT, bill(), ("vendored.cdx.json", "sbom", json.dumps(second).encode()))
    assert said(one, case) == []


def test_what_lies_among_tests_is_for_a_person() -> None:
    one = deep.service()
    inside = {
        "tests/fixtures/soot-0.3.dist-info/METADATA": b"Metadata-Version: 2.1\nName: soot\nVersion: 0.3\n"
    }
    case = drawn(one, archives.wheel(inside), bill())
    assert said(one, case) == []
    assert any("it lies among tests" in item.message for item in said(one, case, "unknown"))


def test_source_that_was_asked_for_is_looked_into() -> None:
    one = deep.service()
    case = drawn(one, archives.wheel(), bill(SOOT_LISTED))
    strange = [item for item in said(one, case, "unknown") if item.what == "not_found"]
    assert ["'soot' 0.3" in item.message for item in strange] == [True]
    source = archives.tar_gz({
        "lantern-2.1.0/PKG-INFO": archives.METADATA,
        "lantern-2.1.0/uv.lock": locks.UV.encode(),
        "lantern-2.1.0/key.pem": b"no key",
    })  # fmt: skip
    asked = (Digest.sha256(source), Digest.sha256(b"a note"))
    request_evidence(one, officer(one), case.payload, asked, "The source.", case.revision)
    supply(one, provider(one), case.payload, Brought([source, b"a note"]))
    tick(one)
    case = one.case(case.payload)
    document = found(one, case)
    assert document is not None
    assert document.releases[0].sources == (str(asked[0]),)
    assert any(lock.endswith("!/lantern-2.1.0/uv.lock") for lock in document.releases[0].locks)
    assert {item.name for item in document.inputs if item.name.startswith("supplied:")} == {
        f"supplied:{one.value}" for one in asked
    }
    assert any("no archive" in item.reason for item in document.not_derived)
    assert len(case.derived) == 4
    assert Digest.sha256(again(one, case).document) == case.rederivation
    # A lock in a source tree is not known to be the one that was built from.
    assert said(one, case) == []


def snapshot(*records: dict[str, Any], as_of: str = "2026-10-30") -> bytes:
    return json.dumps(
        {"format": "urn:assay:snapshot:1", "as_of": f"{as_of}T00:00:00Z", "records": records}
    ).encode()


SOOT_BURNS: dict[str, Any] = {
    "id": "OSV-2026-1", "modified": "2026-10-01T00:00:00Z", "aliases": ["CVE-2026-1"],
    "affected": [{"package": {"ecosystem": "PyPI", "name": "soot"}, "ranges": [
        {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "0.4"}]}
    ]}],
}  # fmt: skip


EMBER_BURNS = json.loads(json.dumps(SOOT_BURNS).replace("soot", "ember"))


def scan(*vulnerabilities: dict[str, Any]) -> bytes:
    """A VDR that looked at soot."""
    listed = json.loads(bill(SOOT_LISTED))
    listed["metadata"]["timestamp"] = "2026-10-20T10:00:00Z"
    return json.dumps({**listed, "vulnerabilities": list(vulnerabilities)}).encode()


@pytest.mark.parametrize(
    ("known", "report", "outcome", "words"),
    [
        pytest.param(None, None, "not derived", "no snapshot of advisories", id="no-snapshot"),
        pytest.param(snapshot(), None, "not derived", "no advisories of pypi", id="another-ecosystem"),
        pytest.param(snapshot(EMBER_BURNS, as_of="2019-10-30"), None, "not derived", "days old, at most 30 expected", id="old"),
        pytest.param(snapshot(SOOT_BURNS), None, "unknown", "no scan was submitted", id="no-scan"),
        pytest.param(snapshot(SOOT_BURNS), scan(), "not_satisfied", "does not list it, though it was known", id="hidden"),
        pytest.param(
            snapshot(SOOT_BURNS | {"modified": "2026-10-29T00:00:00Z"}), scan(), "unknown", "no scan that was submitted lists it",
            id="newer-than-the-scan",
        ),
        pytest.param(
            snapshot(SOOT_BURNS), scan({"bom-ref": "v", "id": "CVE-2026-1", "affects": [{"ref": "soot"}]}), "satisfied",
            "lists it", id="listed",
        ),
        pytest.param(
            snapshot(SOOT_BURNS | {"withdrawn": "2026-10-02T00:00:00Z"}), None, "not derived", "no advisories of pypi", id="withdrawn"
        ),
    ],
)  # fmt: skip
def test_vulnerabilities_are_looked_up_again(
    known: bytes | None, report: bytes | None, outcome: str, words: str
) -> None:
    one = deep.service(known)
    extra: tuple[deep.Extra, ...] = () if report is None else (("scan.cdx.json", "vulnerabilities", report),)
    case = drawn(one, WITH_SOOT, bill(SOOT_LISTED), *extra)
    document = found(one, case)
    assert document is not None
    if outcome == "not derived":
        assert any(words in item.reason for item in document.not_derived)
        return
    (item,) = [item for item in document.differences if "OSV-2026-1" in item.message]
    assert (item.outcome, words in item.message) == (outcome, True), item.message


def test_without_a_rederivation_the_determination_says_so() -> None:
    one = deep.service()
    case = drawn(one, WITH_SOOT, bill(SOOT_LISTED))
    case = one.keep(case, rederivation=None)
    after = decide_final(one, officer(one), case.payload, Decision(revision=case.revision))
    determination = parse(one.office.blobs.get(after.final), Determination)  # type: ignore[arg-type]
    assert determination.reasons == ("it was drawn, and its release was not derived again",)


def test_hostile_archives_cost_only_themselves() -> None:
    one = deep.service()
    case = drawn(one, archives.wheel(), bill())
    bomb = b"\x1f\x8b" + b"\0" * 40
    request_evidence(one, officer(one), case.payload, [Digest.sha256(bomb)], "", case.revision)
    supply(one, provider(one), case.payload, Brought([bomb]))
    tick(one)
    document = found(one, one.case(case.payload))
    assert document is not None
    assert any("gzip" in item.reason for item in document.not_derived)


def test_documents_of_a_rederivation_are_erased_with_the_case() -> None:
    one = deep.service()
    case = withdraw(one, provider(one), drawn(one, WITH_SOOT, bill()).payload, "a mistake")
    assert len(case.derived) == 2
    assert all(map(one.office.blobs.has, case.derived))
    cases = one.cases
    assert isinstance(cases, SqlCases)
    erase(one, one.office.register, SqlForgetting(cases.engine), case, "request", actor="operator")  # type: ignore[arg-type]
    assert not any(map(one.office.blobs.has, case.derived))
    assert one.case(case.payload).derived == ()


def test_provider_and_officer_see_it_and_nobody_else() -> None:
    world = World()
    world.service = one = deep.service()
    case = drawn(one, WITH_SOOT, bill())
    where = f"/api/v1/submissions/{case.payload.value}/rederivation"
    for role in (Role.PROVIDER_MEMBER, Role.OFFICER):
        answer = world.client.get(where, headers=world.person(role))
        assert Digest.sha256(answer.content) == case.rederivation
        page = world.client.get(f"/cases/{case.payload.value}", headers=world.person(role)).text
        assert page.count("carries &#39;soot&#39; 0.3") == 2  # beside the claim, and in the whole
    derived = world.client.get(f"{where}/bill?release=lantern%402.1.0", headers=world.person(Role.OFFICER))
    assert {part["name"] for part in derived.json()["components"]} == {"soot", "wick"}
    absent = world.client.get(f"{where}/bill?release=another", headers=world.person(Role.OFFICER))
    assert problem(absent) == (422, "Refused")
    for headers in (
        {},
        world.person(Role.ASSESSOR),
        world.person(Role.PROVIDER_ADMIN, organisation=OTHER_ORG),
    ):
        assert world.client.get(where, headers=headers).status_code in (401, 403, 404)


def test_replayed_from_files_by_whoever_has_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = deep.service(snapshot(SOOT_BURNS))
    one = msgspec.structs.replace(one, office=msgspec.structs.replace(one.office, engine=this_engine()))
    case = drawn(one, WITH_SOOT, bill())
    note = b"a note, no archive"
    request_evidence(one, officer(one), case.payload, [Digest.sha256(note)], "", case.revision)
    supply(one, provider(one), case.payload, Brought([note]))
    tick(one)
    document = found(one, one.case(case.payload))
    assert document is not None
    (tmp_path / "inputs").mkdir()
    for item in document.inputs:
        (tmp_path / "inputs" / item.digest[7:]).write_bytes(one.office.blobs.get(Digest.parse(item.digest)))
    path = tmp_path / "rederivation.json"
    path.write_bytes(rederivation.encode(document))
    arguments = ["replay", str(path), "--inputs", str(tmp_path / "inputs")]
    assert (run(arguments), "identical: sha256:" in capsys.readouterr().out) == (0, True)
    path.write_bytes(path.read_bytes().replace(b"3 components", b"4 components"))
    assert (run(arguments), "differences:" in capsys.readouterr().out) == (1, True)
    (tmp_path / "inputs" / Digest.sha256(note).value).unlink()
    assert (run(arguments), "is not to be found" in capsys.readouterr().err) == (3, True)
