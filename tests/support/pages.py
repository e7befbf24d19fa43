"""Results of a fictional office, ready for its pages: ordinary ones, and one whose every text is hostile."""

import hashlib
from datetime import timedelta

import msgspec
from tests.support.verdicts import VERDICT, sha

from assay.formats.verdict import (
    ClaimVerdict,
    File,
    FindingRow,
    Input,
    Missing,
    ReleaseRef,
    Unchecked,
    VerdictDocument,
)
from assay.web.published import Published

OFFICE = "Office of Weights (fictional)"
ENGINE = VERDICT.engine
TRUST = b'{"signers": []}\n'

VALIDATED = msgspec.structs.replace(
    VERDICT,
    result="validated",
    reasons=(),
    claims=tuple(row for row in VERDICT.claims if row.verdict != "not_satisfied" or not row.claimed)[:1],
)
DRAFT = msgspec.structs.replace(
    VERDICT,
    provider="",
    draft=True,
    complete=False,
    result="incomplete",
    claims=tuple(msgspec.structs.replace(row, claimed=False) for row in VERDICT.claims),
    missing=(
        Missing("C1", "the kind is not set", "set the kind of submission"),
        Missing("C9", "nobody signs off"),
    ),
    reasons=(
        "C1: the kind is not set",
        "C9: nobody signs off",
        "nothing is claimed, so nothing can be validated",
    ),
)
NOTHING = msgspec.structs.replace(
    VERDICT, product="", releases=(), claims=(), inputs=(), reasons=(), checked=(), not_checked=(),
    result="insufficient_evidence",
)  # fmt: skip

EVIL = (
    "</title></style></script><script>alert(1)</script>",
    "\"'><img src=x onerror=alert(2)>",
    "javascript:alert(3)",
    "{{ 7*7 }}{% raw %}<svg/onload=alert(4)>",
    "\u202eesrever\u202c \u0628\u0631\u0646\u0627\u0645\u062c \u0645\u0648\u062b\u0648\u0642 \x1b[31mred\x00",
    "<!--<b>--><details open ontoggle=alert(5)>",
)


def evil(at: int, long: int = 0) -> str:
    """Hostile text number *at*, followed by *long* letters without a break."""
    return EVIL[at % len(EVIL)] + "W" * long


def _evil_row(at: int, claimed: bool) -> ClaimVerdict:
    findings = tuple(
        FindingRow(
            check="release-no-secrets" if number % 2 else f"unknown-to-this-engine-{at}",
            outcome=("not_satisfied", "unknown", "satisfied", "not_applicable")[number % 4],
            message=f"{number} {evil(number, 80)}",
            at=evil(number + 1, 120),
            evidence=(sha("bill"), sha(f"unlisted {number}")),
            remedy=evil(number + 2),
            role=("decides", "refutes", "notes")[number % 3],
            release=evil(number),
        )
        for number in range(200)
    )
    return ClaimVerdict(
        f"{'<script>alert(6)</script>'.replace(' ', '')}{at}@1\"'>#{evil(0).replace('#', '').replace('@', '')}{at}",
        claimed,
        ("not_satisfied", "unknown", "satisfied", "not_applicable")[at % 4],
        evil(at, 300),
        title=evil(at + 1, 200),
        basis="statement",
        findings=findings,
        notes=(evil(at), evil(at + 1)),
        changes=(f"release-no-secrets: {evil(at)}", evil(at, 90)),
    )


HOSTILE = msgspec.structs.replace(
    VERDICT,
    provider=evil(0, 150),
    product=evil(1, 150),
    releases=tuple(
        ReleaseRef(
            evil(at, 60),
            evil(at + 1) + str(at),
            evil(at),
            (File(evil(at, 100), sha("sdist")), File("b", sha("b"))),
        )
        for at in range(4)
    ),
    claims=tuple(_evil_row(at, claimed=at < 4) for at in range(6)),
    missing=(Missing("C1", evil(2, 200), evil(3)),),
    reasons=tuple(evil(at, 100) for at in range(9)),
    inputs=(Input(evil(0), sha("bill"), public=True), Input(evil(1, 90), sha("bill 2"), public=False)),
    engine=msgspec.structs.replace(ENGINE, name=evil(1), version=evil(0)),
    checked=("release-no-secrets", evil(0)),
    not_checked=(Unchecked(evil(3, 90), evil(1, 90)),),
)


def published(
    verdict: VerdictDocument, index: int = 4, *, response: str = "", trial: bool = False
) -> Published:
    """*verdict* as a published result, entry *index* of a register of ten."""
    return Published(
        id=hashlib.sha256(str(index).encode()).hexdigest(),
        verdict=msgspec.structs.replace(verdict, judged=verdict.judged + timedelta(days=index)),
        result=b'{"payloadType": "application/vnd.in-toto+json"}\n',
        receipt=b'{"kind": "receipt"}\n',
        origin="register.example/one",
        index=index,
        size=10,
        root="ab" * 32,
        trial=trial,
        artifact_names={sha("bill"): evil(1, 200) if verdict is HOSTILE else "bill.cdx.json"},
        response=response,
    )


ANSWER = "We have rebuilt the release.\n\nVersion 2.1.1 is out."
PUBLISHED = (
    published(VALIDATED, 4),
    published(VERDICT, 5, response=ANSWER),
    published(DRAFT, 6, trial=True),
    published(NOTHING, 7),
    published(HOSTILE, 8, response=evil(0) + "\n" + evil(4, 400)),
)
