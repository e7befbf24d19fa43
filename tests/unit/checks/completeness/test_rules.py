"""Each rule: what it misses, in which words, and what it lets pass."""

from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest
from tests.support.shared import ROOT

from assay.checks.completeness.model import Submission
from assay.checks.completeness.rules import MAX_REASONS, RULES, missing
from assay.checks.model import CustomerStanding
from assay.formats.attestation import (
    Artifact,
    Assessment,
    Attestation,
    Claim,
    Contact,
    Milestone,
    Provider,
    Release,
    Signatory,
)
from assay.formats.digest import Digest
from assay.trust.envelope import EnvelopeStanding

BILL = Digest.sha256(b"bill")
LETTER = Digest.sha256(b"letter")
PAYLOAD = Digest.sha256(b"payload")
EARLIER = Digest.sha256(b"earlier")
CUSTOMERS = Digest.sha256(b"customers")
ITEMS = ("cisa-form@2024-03#2", "cisa-form@2024-03#3")
RELEASE = Release("lantern", "2.1.0", date(2026, 10, 20))
SIGNATORY = Signatory("A. Keeper", "Chief Executive", date(2026, 10, 21), "chief_executive")
ASSESSMENT = Assessment("Tide Labs (fictional)", "fedramp_3pao", LETTER)
ATTESTATION = Attestation(
    serial="urn:uuid:00000000-0000-4000-8000-000000000001",
    made=datetime(2026, 10, 21, 9, 0, tzinfo=UTC),
    kind="new",
    scope="individual_product",
    provider=Provider("Lighthouse Works (fictional)", "1 Cliff", "Harbour", "", "", "Nowhere", "https://lighthouse.example"),
    contact=Contact("Security team", "Product security", "1 Cliff", "+0 000", "security@lighthouse.example"),
    releases=(RELEASE,),
    packs=("cisa-form@2024-03",),
    claims=(Claim(ITEMS[0], True, (BILL,)), Claim(ITEMS[1], True, (BILL,))),
    artifacts=(Artifact(BILL, "bom.json", "sbom", "Bill of materials", "Every component of the wheel"),),
    signatory=SIGNATORY,
    notify=True,
    customers=CUSTOMERS,
    customer_rows=0,
)  # fmt: skip
COMPLETE = Submission(
    attestation=ATTESTATION,
    signature=EnvelopeStanding(verified=True, signer="lighthouse", authority=True),
    payload=PAYLOAD,
    present=frozenset({BILL}),
    customers=CustomerStanding(0, CUSTOMERS),
    must_answer=ITEMS,
    known=frozenset({*ITEMS, "nist-ssdf@1.1#PO.1.1"}),
    in_scope_from=date(2022, 9, 14),
    now=datetime(2026, 11, 1, tzinfo=UTC),
)


def said(attestation: dict[str, Any], **submission: Any) -> list[str]:
    changed = msgspec.structs.replace(ATTESTATION, **attestation)
    assert attestation == {} or changed != ATTESTATION
    found = missing(msgspec.structs.replace(COMPLETE, attestation=changed, **submission))
    return [f"{item.rule}: {item.reason}" for item in found]


def released(**changes: Any) -> dict[str, Any]:
    return {"releases": (msgspec.structs.replace(RELEASE, **changes),)}


def signed(**changes: Any) -> dict[str, Any]:
    return {"signatory": msgspec.structs.replace(SIGNATORY, **changes)}


def assessed(**changes: Any) -> dict[str, Any]:
    return {"signatory": None, "assessment": msgspec.structs.replace(ASSESSMENT, **changes)}


def test_a_complete_submission_misses_nothing() -> None:
    assert missing(COMPLETE) == ()


ONE_REASON = [
    pytest.param({"kind": None}, "C1: the kind is not set, expected new, following_extension_or_waiver or revised", id="C1"),
    pytest.param({"scope": None}, "C2: the type is not set, expected company_wide, individual_product or multiple_products_or_specific_versions", id="C2"),
    pytest.param({"releases": ()}, "C3: no product is listed, and the attestation is not company-wide", id="C3 no product"),
    pytest.param(released(version=""), "C3: product 1 (lantern) lacks version", id="C3 no version"),
    pytest.param(released(name=""), "C3: product 1 (unnamed) lacks name", id="C3 no name"),
    pytest.param(released(released=None, in_scope="voluntary"), "C3: product 1 (lantern) lacks release date", id="C3 no date"),
    pytest.param({"releases": (RELEASE, Release("beacon", "1", date(2026, 1, 1)))}, "C3: the type is individual_product, but 2 products are listed", id="C3 two products"),
    pytest.param(released(released=date(2022, 9, 13)), "C4: lantern 2.1.0 was released on 2022-09-13, before 2022-09-14, and nothing says why it is in scope", id="C4 old"),
    pytest.param(released(released=date(2022, 9, 13), in_scope="released_after_cutoff"), "C4: lantern 2.1.0 is said to be in scope as released_after_cutoff, but this version was released on 2022-09-13, before 2022-09-14", id="C4 date contradicts"),
    pytest.param(released(released=date(2020, 1, 1), in_scope="major_version_after_cutoff"), "C4: lantern 2.1.0 is said to be in scope as major_version_after_cutoff, but this version was released on 2020-01-01, before 2022-09-14", id="C4 major version contradicts"),
    pytest.param(released(excluded="developed by the agency"), "C5: lantern 2.1.0 is attested and said to be outside the form's scope: developed by the agency", id="C5"),
    pytest.param({"provider": Provider("Lighthouse Works")}, "C6: the producer lacks address, city, country, website", id="C6 producer"),
    pytest.param({"contact": Contact()}, "C6: the contact lacks name, title, address, phone, email", id="C6 contact"),
    pytest.param({"contact": msgspec.structs.replace(ATTESTATION.contact, email="security at lighthouse")}, "C6: the contact's email 'security at lighthouse' is not an address", id="C6 email"),
    pytest.param({"claims": ATTESTATION.claims[:1]}, "C7: cisa-form@2024-03#3 is neither claimed nor in the plan of action and milestones", id="C7 silent"),
    pytest.param({"claims": (ATTESTATION.claims[0], Claim(ITEMS[1], False))}, "C7: cisa-form@2024-03#3 is neither claimed nor in the plan of action and milestones", id="C7 answered no"),
    pytest.param({"claims": (Claim(ITEMS[0], False), Claim(ITEMS[1], False))}, "C7: no requirement is claimed and none is planned for", id="C7 nothing"),
    pytest.param({"claims": (*ATTESTATION.claims, Claim("cisa-form@2024-03#9", True, (BILL,)))}, "C7: cisa-form@2024-03#9 is answered, and is no requirement of the packs named", id="C7 no such item"),
    pytest.param({"notify": False}, "C8: the duty to notify when a statement no longer holds is not accepted", id="C8"),
    pytest.param({"signatory": None}, "C9: nobody signs off: there is neither a signatory nor a third-party assessment", id="C9 nobody"),
    pytest.param(signed(name="", title="TBD", signed=None), "C9: the signatory lacks name, title, date", id="C9 half"),
    pytest.param(signed(authority=""), "C10: nothing says whether the signatory is the chief executive or a designee", id="C10 authority not said"),
    pytest.param(signed(authority="designee"), "C10: the signatory is a designee, and no document gives the authority to bind the producer", id="C10 no delegation"),
    pytest.param(signed(authority="designee", delegation=LETTER), f"C10: the delegation {LETTER.short} is not in the bundle", id="C10 delegation elsewhere"),
    pytest.param({"kind": "following_extension_or_waiver"}, "C13: it follows an extension or waiver, and does not name which", id="C13"),
    pytest.param({"extension": "Waiver 7"}, "C13: it names an extension or waiver, and its kind is new", id="C13 not said"),
    pytest.param({"kind": "revised"}, "C14: it is a revision, and does not name the attestation that it replaces", id="C14"),
    pytest.param({"replaces": EARLIER}, f"C14: it replaces {EARLIER.short}, and its kind is new", id="C14 not said"),
    pytest.param({"claims": (Claim(ITEMS[0], True), ATTESTATION.claims[1])}, "C15: cisa-form@2024-03#2 is claimed without any artifact", id="C15 no artifact"),
    pytest.param({"customers": None}, "C15: the attestation does not commit to the customer list that came with it", id="C15 no commitment"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "reason"), ONE_REASON)
def test_each_slip_has_its_one_reason(change: dict[str, Any], reason: str) -> None:
    assert said(change) == [reason]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param({"signature": EnvelopeStanding(verified=False, reason="made by no key")}, "C10: the signature does not verify: made by no key", id="C10 signature"),
        pytest.param({"signature": EnvelopeStanding(verified=True, signer="ci", reason="'ci' has no authority to attest for 'L'")}, "C10: the signer has no authority: 'ci' has no authority to attest for 'L'", id="C10 signer"),
        pytest.param({"present": frozenset()}, f"C12: artifact bom.json ({BILL.short}) is not in the bundle", id="C12 absent"),
        pytest.param({"customers": None}, "C15: there is no customer list; it may be empty, but it must be there", id="C15 no list"),
        pytest.param({"schema_error": "'x' is not allowed"}, "C16: it does not fit the schema: 'x' is not allowed", id="C16"),
        pytest.param({"accepted": frozenset({EARLIER, PAYLOAD})}, f"C17: an attestation with the payload {PAYLOAD} was accepted before", id="C17"),
    ],
)  # fmt: skip
def test_what_came_with_it(change: dict[str, Any], reason: str) -> None:
    assert said({}, **change) == [reason]


@pytest.mark.parametrize(
    ("change", "reasons"),
    [
        pytest.param({}, [], id="listed assessor"),
        pytest.param({"listing": "approved_in_writing", "approval": LETTER}, [], id="approved assessor"),
        pytest.param({"assessor": ""}, ["C11: the assessor is not named"], id="no name"),
        pytest.param({"report": None}, ["C11: the assessment is not attached"], id="no report"),
        pytest.param({"report": EARLIER}, [f"C11: the assessment {EARLIER.short} is not in the bundle"], id="report elsewhere"),
        pytest.param({"listing": ""}, ["C11: nothing says whether the assessor is a FedRAMP 3PAO or was approved in writing"], id="no listing"),
        pytest.param({"listing": "approved_in_writing"}, ["C11: the assessor is said to be approved in writing, and the approval is not attached"], id="no approval"),
        pytest.param({"listing": "approved_in_writing", "approval": EARLIER}, [f"C11: the approval {EARLIER.short} is not in the bundle"], id="approval elsewhere"),
    ],
)  # fmt: skip
def test_the_third_party_path(change: dict[str, Any], reasons: list[str]) -> None:
    assert said(assessed(**change), present=frozenset({BILL, LETTER})) == reasons


def test_both_paths_are_one_too_many() -> None:
    assert said({"assessment": ASSESSMENT}, present=frozenset({BILL, LETTER})) == [
        "C9: both paths of sign-off are chosen, a signatory and a third-party assessment; expected exactly one"
    ]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"scope": "company_wide", "releases": ()}, id="company-wide lists no product"),
        pytest.param({"scope": "multiple_products_or_specific_versions", "releases": (RELEASE, Release("beacon", "1", date(2026, 1, 1)))}, id="several products"),
        pytest.param({"releases": (RELEASE, Release("lantern", "2.0.0", date(2026, 1, 1)))}, id="two versions of one product"),
        pytest.param(released(released=date(2022, 9, 14)), id="released on the first day"),
        pytest.param(released(released=date(2020, 1, 1), in_scope="voluntary"), id="old, and voluntary"),
        pytest.param(released(released=date(2020, 1, 1), in_scope="continuous_delivery"), id="old, and delivered continuously"),
        pytest.param({"claims": ATTESTATION.claims[:1], "milestones": (Milestone(ITEMS[1]),)}, id="planned instead of claimed"),
        pytest.param({"claims": (), "milestones": (Milestone(ITEMS[0]), Milestone(ITEMS[1]))}, id="all planned"),
        pytest.param({"kind": "revised", "replaces": EARLIER}, id="a revision"),
        pytest.param({"kind": "following_extension_or_waiver", "extension": "Waiver 7 of 2026-01-01"}, id="after a waiver"),
        pytest.param(signed(authority="designee", delegation=BILL), id="a designee with a delegation"),
        pytest.param({"provider": msgspec.structs.replace(ATTESTATION.provider, country="NA")}, id="Namibia"),
    ],
)  # fmt: skip
def test_lets_pass(change: dict[str, Any]) -> None:
    assert said(change) == []


def test_packs_that_leave_the_choice_ask_for_no_item() -> None:
    one = {"claims": (Claim("nist-ssdf@1.1#PO.1.1", True, (BILL,)),)}
    assert said(one, must_answer=()) == []
    assert said({"claims": ()}, must_answer=()) == ["C7: no requirement is claimed and none is planned for"]


@pytest.mark.parametrize("field", ["title", "description"])
def test_artifacts_are_described(field: str) -> None:
    artifact = msgspec.structs.replace(ATTESTATION.artifacts[0], **{field: " "})
    assert said({"artifacts": (artifact,)}) == [f"C12: artifact bom.json lacks {field}"]


def test_claims_name_listed_artifacts() -> None:
    claims = (Claim(ITEMS[0], True, (BILL, EARLIER)), ATTESTATION.claims[1])
    assert said({"claims": claims}) == [
        f"C12: cisa-form@2024-03#2 names artifact {EARLIER.short}, which is not listed"
    ]


def test_everything_is_said_at_once() -> None:
    empty = Attestation(serial=ATTESTATION.serial, made=ATTESTATION.made, draft=True)
    found = missing(
        Submission(
            attestation=empty,
            signature=EnvelopeStanding(verified=False, reason="the envelope carries no signature"),
            payload=PAYLOAD,
            present=frozenset(),
            accepted=frozenset({PAYLOAD}),
            must_answer=ITEMS,
            schema_error="no claims",
            in_scope_from=COMPLETE.in_scope_from,
            now=COMPLETE.now,
        )
    )
    expected = ["C1", "C2", "C3", "C6", "C6", "C7", "C8", "C9", "C10", "C15", "C16", "C17"]
    assert [item.rule for item in found] == expected
    assert all(item.remedy for item in found)


def test_a_flood_is_counted() -> None:
    artifacts = tuple(
        Artifact(Digest.sha256(bytes([i])), f"a{i}", "document", "t", "d") for i in range(MAX_REASONS + 7)
    )
    reasons = said({"artifacts": (*ATTESTATION.artifacts, *artifacts)})
    assert len(reasons) == MAX_REASONS + 1
    assert reasons[-1] == "C12: and 7 more like these"


def test_hostile_names_stay_on_one_line() -> None:
    artifact = msgspec.structs.replace(ATTESTATION.artifacts[0], name="bom\n\x1b[31m\u202ejson", title="")
    assert said({"artifacts": (artifact,)}) == ["C12: artifact bom [31mjson lacks title"]


def test_the_rules_are_c1_to_c17() -> None:
    assert [rule.id for rule in RULES] == [f"C{number}" for number in range(1, 18)]


def test_every_rule_is_seen_to_fail() -> None:
    seen = {str(case.values[1]).partition(":")[0] for case in ONE_REASON}
    assert seen | {"C11", "C12", "C16", "C17"} == {rule.id for rule in RULES}


def test_the_page_has_every_rule() -> None:
    page = (ROOT / "docs" / "completeness.md").read_text(encoding="utf-8")
    for rule in RULES:
        assert f"\n## {rule.id}: {rule.title}\n" in page
